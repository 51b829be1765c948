"""A run killed at random moments of its whole life, and started again, until it is through."""

from __future__ import annotations

import time
from pathlib import Path

from ops.campaigns.faults.ground import Ground, Row, killed
from warehouse.inbox import inbox_of, pending
from warehouse.store import open_store

#: Kills of the runs of one warehouse at most.
OF_ONE = 20
#: Seconds that a lot takes. A run that goes on is killed again sooner than it is through: else most
#: of the time went by for the runs that follow, to hold what is there against what has to be.
SLOWLY = 0.3


def flow(ground: Ground, kills: int) -> Row:
    """Runs that own the warehouse. What names the kill is the run that goes on with it."""
    row = Row("SIGKILL of the flow", "a run of its own, a quick scorer in the models' place")
    ground.undisturbed(ground.exports)
    while row.times < kills:
        warehouse = ground.fresh()
        here = 0
        while row.times + here < kills and here < OF_ONE:
            process = ground.run(
                warehouse, environment={"CHANNELWATCH_CAMPAIGN_PAUSE": str(SLOWLY)}
            )
            time.sleep(ground.seconds * ground.chance.random())
            if not killed(process):
                break  # it was through
            here += 1
        cut_short = _cut_short(warehouse)
        said = ground.settle(row, warehouse)
        row.times += here
        if cut_short and "resumed" not in said:
            row.problems.append(f"a run that was cut short is not gone on with: {said[-300:]}")
        else:
            row.named += here
        if cut_short:
            row.says = row.says or next(
                (line.strip() for line in said.splitlines() if "resumed" in line), ""
            )
        ground.say(f"flow killed {row.times} of {kills} times")
    return row


def _cut_short(warehouse: Path) -> bool:
    """Whether there is a run to go on with: its beginning is loaded, and not its end."""
    if not warehouse.exists():
        return False
    with open_store(warehouse) as store:
        store.load_inbox()
        found = store.connection.execute(
            "SELECT count(*) FROM runs WHERE state = 'started'"
        ).fetchone()
        assert not pending(inbox_of(warehouse))[0]
    return bool(found and found[0])
