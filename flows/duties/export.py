"""Write a view of the warehouse to a file that the owner can write, beside its other work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.duties import beside
from warehouse import audit
from warehouse.export import export
from warehouse.store import Store


def run(  # noqa: PLR0913
    store: Store, *, view: str, out: str, layout: str, who: str, asked: str = ""
) -> dict[str, Any]:
    """See :func:`warehouse.export.export`; its ``rows``, or that it is still written.

    To be asked for again under the same name ``asked`` until it is written.
    """

    def write() -> dict[str, Any]:
        rows = export(store, view, Path(out), format=layout)
        about = {"view": view, "rows": rows, "out": out}
        audit.record(store, audit.entry(who, "export", about))
        return {"rows": rows}

    return beside(store, f"export {asked} {out}", write)
