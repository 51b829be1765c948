"""The flows that keep a warehouse, retention and backups: shells over :mod:`flows.keeping`."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from flows.prefect_defaults import set_defaults

set_defaults()

from prefect import flow, get_run_logger
from pydantic import Field

from flows.keeping import back_up, read_rules, retain
from flows.watching.safe import counted

Warehouse = Annotated[Path, Field(description="The DuckDB file.")]


@flow(name="retention", validate_parameters=True, persist_result=False)
def retention(
    warehouse: Warehouse = Path("channelwatch.duckdb"),
    rules: Annotated[Path | None, Field(description="YAML; the bundled one keeps all.")] = None,
    dry_run: Annotated[bool, Field(description="Count, and remove nothing.")] = False,
    scrub: Annotated[bool, Field(description="Write the file anew afterwards.")] = False,
) -> dict[str, Any]:
    """Remove what has had its time by the rules, and nothing that is under a legal hold."""
    done = retain(warehouse, read_rules(rules), dry_run=dry_run, scrub=scrub, who="retention flow")
    get_run_logger().info("%s", counted(done))
    return done


@flow(name="backup", validate_parameters=True, persist_result=False)
def backup(
    warehouse: Warehouse = Path("channelwatch.duckdb"),
    folder: Annotated[Path, Field(description="Backups are made in here.")] = Path("backups"),
    keep: Annotated[int, Field(ge=1, description="The newest that are kept.")] = 7,
) -> dict[str, Any]:
    """Make a backup named by its time, and let the oldest ones go."""
    out = folder / f"{warehouse.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    manifest = back_up(warehouse, out, who="backup flow")
    made = sorted(path.parent for path in folder.glob(f"{warehouse.stem}-*Z/manifest.json"))
    for old in made[:-keep]:
        shutil.rmtree(old)
    get_run_logger().info("%s: %s rows", out, sum(manifest["rows"].values()))
    return {"backup": str(out), "kept": len(made[-keep:])}
