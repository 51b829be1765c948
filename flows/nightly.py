"""The nightly flow: what a new model must score again is scored, then the day's report is left.

Importing this module imports Prefect.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from flows.prefect_defaults import set_defaults

set_defaults()

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from pydantic import Field

from flows.daily import as_markdown, write
from flows.owner import on_warehouse


@flow(name="nightly", validate_parameters=True, persist_result=False)
def nightly(
    warehouse: Annotated[Path, Field(description="The DuckDB file.")] = Path("channelwatch.duckdb"),
    models: Annotated[Path | None, Field(description="Folder of model files.")] = None,
    affiliations: Annotated[Path | None, Field(description="CSV with channel,actor.")] = None,
    reports: Annotated[Path | None, Field(description="Folder of the daily reports.")] = None,
    day: Annotated[
        date | None, Field(description="The day reported; yesterday by default.")
    ] = None,
    since: Annotated[date | None, Field(description="Instead: the first day reported.")] = None,
    until: Annotated[date | None, Field(description="The day after the last one.")] = None,
    rescoring: Annotated[bool, Field(description="Score again what a new model must.")] = True,
) -> list[dict[str, Any]]:
    """Score again what must be, then write the reports of the days; what was written."""
    logger = get_run_logger()
    if rescoring and find_spec("flows.rescore") is not None:
        rescore = import_module("flows.rescore").rescore
        rescore(warehouse=warehouse, models=models, affiliations=affiliations)
    written = []
    for each in days(day, since, until):
        found = on_warehouse(warehouse, "day", day=each.isoformat())
        create_markdown_artifact(
            key="report-of-the-day", markdown=as_markdown(found), description=f"{each}"
        )
        if reports is not None:
            logger.info("written: %s", write(found, reports))
        written.append(found)
    return written


def days(day: date | None, since: date | None, until: date | None) -> list[date]:
    """The days that are reported, in order; yesterday, UTC, where nothing is said.

    >>> days(None, date(2024, 5, 1), date(2024, 5, 3))
    [datetime.date(2024, 5, 1), datetime.date(2024, 5, 2)]
    """
    if since is None:
        return [day or datetime.now(UTC).date() - timedelta(days=1)]
    end = until or datetime.now(UTC).date()
    return [since + timedelta(days=number) for number in range((end - since).days)]
