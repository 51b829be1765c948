"""The identity of a revision."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.schemas import MESSAGES
from warehouse.store import Store

SQL = """
    SELECT base.content_of(kind, media_type, action, text, entities) AS id
    FROM rows ORDER BY message_id
"""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
contents = st.tuples(
    st.sampled_from(["message", "service"]),
    st.none() | texts,
    st.none() | texts,
    texts,
    st.lists(texts, max_size=3),
)


def expected(kind: str, media: str | None, action: str | None, text: str, links: list[str]) -> Any:
    """The definition again, in Python."""

    def size(part: str) -> str:
        return str(len(part.encode()))

    parts = [kind, media or "", action or "", text]
    ends = "".join(sorted((f"{size(link)}:{link}" for link in links), key=str.encode))
    joined = ":".join([*map(size, parts), *parts, ends])
    return uuid.UUID(hashlib.sha256(joined.encode()).hexdigest()[:32])


def ids(store: Store, build: Any, rows: list[Any]) -> list[Any]:
    table = pa.Table.from_pylist(
        [
            build.message(
                number,
                text,
                kind=kind,
                media_type=media,
                action=action,
                entities=[
                    {"start": 0, "end": 1, "type": "text_link", "value": link} for link in links
                ],
            )
            for number, (kind, media, action, text, links) in enumerate(rows)
        ],
        schema=MESSAGES,
    )
    store.connection.register("rows", table)
    return [row[0] for row in store.connection.execute(SQL).fetchall()]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(contents, min_size=1, max_size=8))
def test_is_the_documented_hash(store: Store, build: Any, rows: list[Any]) -> None:
    assert ids(store, build, rows) == [expected(*row) for row in rows]


def test_is_for_ever(store: Store, build: Any) -> None:
    """Decisions are keyed by it: a change would orphan them."""
    row = ("message", "photo", None, "سلام hello", ["http://b.example", "http://a.example"])
    (found,) = ids(store, build, [row])
    assert str(found) == str(expected(*row)) == GOLDEN


GOLDEN = "dad9cddb-c293-e645-b7d4-46821bbca56c"


def test_parts_do_not_run_into_each_other(store: Store, build: Any) -> None:
    rows = [
        ("message", "a", "b", "c", []),
        ("message", "a:b", None, "c", []),
        ("message", None, "a:b", "c", []),
        ("message", None, None, "a:b:c", []),
        ("message", None, None, "c", ["a", "b"]),
        ("message", None, None, "c", ["a1:b"]),
        ("message", None, None, "c1:a1:b", []),
    ]
    assert len(set(ids(store, build, rows))) == len(rows)


def test_the_order_of_links_does_not_matter(store: Store, build: Any) -> None:
    first, second = ids(
        store, build, [("message", None, None, "t", links) for links in (["x", "y"], ["y", "x"])]
    )
    assert first == second
