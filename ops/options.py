"""Options that several commands have, and their values."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Chats(StrEnum):
    """Which chats of a whole-account export are read."""

    channels_and_groups = "channels_and_groups"
    all = "all"


class Layout(StrEnum):
    """File formats of an export."""

    csv = "csv"
    ndjson = "ndjson"
    parquet = "parquet"


Warehouse = Annotated[
    Path, typer.Option("--warehouse", "-w", help="The DuckDB file; made where there is none.")
]
Models = Annotated[
    Path | None,
    typer.Option("--models", help="A folder of model files instead of the built-in ones."),
]
Gate = Annotated[
    Path | None,
    typer.Option(
        help="CSV of minimums (suite,slice,metric,at_least,at_most) that the first model, or the "
        "candidate, has to reach; exit 1 where it does not."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]

DEFAULT_WAREHOUSE = Path("channelwatch.duckdb")
