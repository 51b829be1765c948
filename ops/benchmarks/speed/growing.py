"""Does it bend as it grows? ``python -m ops.benchmarks.speed.growing [MESSAGES] [SMALLER]``.

Files to committed rows twice, at two sizes far apart (Telegram Desktop exports, a world told again
under other channel ids): seconds, messages a second, CPU a message, peak memory and bytes a message
in the warehouse. Needs some 1,300 bytes of room a message.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from ops.benchmarks.speed import end_to_end
from ops.benchmarks.speed.inputs import made
from ops.benchmarks.speed.setting import Setting, in_a_process

SEED = 11


def measure(setting: Setting, sizes: list[int]) -> list[dict[str, Any]]:
    """A row for each size, in the order in which they are given."""
    found = []
    for size in sizes:
        data = made(setting, size, "telegram")
        setting.say(f"{size:,} messages from disk to committed rows")
        warehouse = setting.folder / f"{size}.duckdb"
        row = in_a_process(
            end_to_end.__name__, "channelwatch", data.sources, data.affiliations, warehouse, ""
        )
        found.append(row | {"warehouse_bytes": warehouse.stat().st_size})
        warehouse.unlink()
    return found


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """A table of what each size took."""
    table = Table(title="The same run, larger", box=box.SIMPLE_HEAD)
    for name in ("messages", "seconds", "a second", "CPU µs each", "peak MB", "bytes each"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            f"{row['messages']:,}",
            f"{row['seconds']:,.1f}",
            f"{row['messages_a_second']:,.0f}",
            f"{1e6 * row['cpu_seconds'] / row['messages']:.1f}",
            f"{row['peak_mb']:,}",
            f"{row['warehouse_bytes'] / row['messages']:.0f}",
        )
    console.print(table)


def main() -> None:
    """Measure, and print the table."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    smaller = int(sys.argv[2]) if len(sys.argv) > 2 else messages // 20
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="channelwatch-growing-") as folder:
        setting = Setting(messages, SEED, None, console.print, Path(folder))
        show(measure(setting, [smaller, messages]), Console(width=100))


if __name__ == "__main__":
    main()
