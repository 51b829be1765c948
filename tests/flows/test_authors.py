"""Authors named by a keyed hash: from the first write on, the same at every run, by one key."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import pipeline
from flows.authors import AuthorsError
from flows.books import Books
from flows.pipeline import run_directly
from flows.settings import Settings
from warehouse import inbox as inboxes
from warehouse.encryption import KeyProblem
from warehouse.parsing.gathering import Batch
from warehouse.pseudonyms import hide, normal, pseudonym
from warehouse.schemas import CHANNELS, MESSAGES, QUARANTINE
from warehouse.store import open_store

KEY, OTHER = "a" * 40, "b" * 40
PERSONS = ("Amina Wardak", "Signed Person", "Forwarded Person", "Gone Actor", "98765432101")


def export(folder: Path, name: str = "result.json", text: str = "hello") -> Path:
    message = {
        "type": "message",
        "date": "2024-01-01T00:00:00",
        "date_unixtime": "1704067200",
        "text_entities": [],
        "from": "Amina Wardak",
        "from_id": "user98765432101",
    }
    messages = [
        message | {"id": 1, "text": text},
        message
        | {
            "id": 2,
            "text": "b",
            "forwarded_from": "Forwarded Person",
            "forwarded_from_id": "user5",
        },
        message
        | {
            "id": 3,
            "text": "c",
            "from": "A group",
            "from_id": "channel55",
            "author": "Signed Person",
        },
        message
        | {
            "id": 4,
            "text": "d",
            "forwarded_from": "Other channel",
            "forwarded_from_id": "channel9",
        },
        message
        | {
            "id": 5,
            "type": "service",
            "action": "invite_members",
            "text": "",
            "actor": "Amina Wardak",
            "actor_id": "user98765432101",
            "members": ["Gone Actor"],
        },
        message | {"id": "Gone Actor", "text": {"bad": "Amina Wardak"}},
        message | {"id": 7, "text": "e", "some_new_field": {"who": "Gone Actor"}},
        message
        | {
            "id": 8,
            "via_bot": "@gif",
            "text": ["Name"],
            "text_entities": [{"type": "mention_name", "text": "Name", "user_id": 98765432101}],
        },
    ]
    chat = {"name": "A group", "type": "private_supergroup", "id": 55, "messages": messages}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(chat, ensure_ascii=False), encoding="utf-8")
    return path


def key_file(folder: Path, key: str = KEY) -> Path:
    path = folder / f"{key[0]}.key"
    path.write_text(key + "\n")
    return path


def run(tmp_path: Path, source: Path, key: str | None = KEY, **more: Any) -> Any:
    return run_directly(
        Settings(
            sources=(source,),
            warehouse=tmp_path / "w" / "w.duckdb",
            author_key=None if key is None else key_file(tmp_path, key),
            workers=1,
            **more,
        )
    )


def leaks(folder: Path, *texts: str) -> list[str]:
    look = (
        "import sys, pathlib\n"
        "files = [p for p in pathlib.Path(sys.argv[1]).rglob('*') if p.is_file()]\n"
        "print('\\n'.join(f'{p}: {t}' for p in files\n"
        "  for t in sys.argv[2:] for e in ('utf-8', 'utf-16-le') if t.encode(e) in p.read_bytes()))"
    )
    told = subprocess.run(
        [sys.executable, "-c", look, str(folder), *texts],
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.split("\n") if told.stdout.strip() else []


@pytest.fixture(autouse=True)
def place(tmp_path: Path, quick_scorer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "w").mkdir()


def test_no_byte_names_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = export(tmp_path / "x")
    real = pa.ipc.new_file  # what is compressed could not be found
    monkeypatch.setattr(pa.ipc, "new_file", lambda sink, schema, **_: real(sink, schema))
    kept = []
    publish = inboxes.publish

    def publishing(staged: Any) -> Any:
        kept.append(staged.temporary.read_bytes())
        return publish(staged)

    monkeypatch.setattr("flows.line.publish", publishing)
    report = run(tmp_path, source)
    assert (report.read, report.quarantined) == (8, 1)
    assert not report.problems
    handed = b"".join(kept)
    assert b"A group" in handed, "the search finds what is there"
    for person in PERSONS:
        assert person.encode() not in handed, person
    assert leaks(tmp_path / "w", "A group")
    assert not leaks(tmp_path / "w", *PERSONS)
    with open_store(tmp_path / "w" / "w.duckdb") as store:
        rows = {
            row["message_id"]: row
            for row in store.connection.sql("FROM messages").to_arrow_table().to_pylist()
        }
        assert rows[1]["author_id"] == pseudonym(KEY.encode(), "user98765432101")
        assert rows[1]["author_name"].startswith("p:")
        assert rows[2]["forwarded_from_name"].startswith("p:")
        assert (rows[3]["author_id"], rows[3]["author_name"]) == ("channel55", "A group")
        assert rows[3]["signature"].startswith("p:")
        assert rows[4]["forwarded_from_name"] == "Other channel"
        assert rows[8]["entities"][0]["value"] == rows[1]["author_id"]
        assert rows[8]["via_bot"] == "@gif"
        assert {row["extra"] for row in rows.values()} == {None}
        (bad,) = store.connection.sql("SELECT raw FROM quarantine").fetchall()
        assert bad == (None,)


def test_without_a_key_they_stand_as_they_are(tmp_path: Path) -> None:
    run(tmp_path, export(tmp_path / "x"), None)
    assert leaks(tmp_path / "w", "Signed Person")


def test_the_same_key_gives_the_same_pseudonym_later(tmp_path: Path) -> None:
    run(tmp_path, export(tmp_path / "x"))
    run(tmp_path, export(tmp_path / "y", text="another"))
    with open_store(tmp_path / "w" / "w.duckdb") as store:
        found = store.connection.sql(
            "SELECT count(*), count(DISTINCT author_name) FROM revisions WHERE message_id = 1"
        ).fetchall()
    assert found == [(2, 1)]


@pytest.mark.parametrize("key", [OTHER, None])
def test_another_key_or_none_is_refused(tmp_path: Path, key: str | None) -> None:
    run(tmp_path, export(tmp_path / "x"))
    with pytest.raises(AuthorsError, match="key"):
        run(tmp_path, export(tmp_path / "y", text="another"), key)
    # Somebody else has it open: the run goes by the mark, and the owner by what it knows.
    with open_store(tmp_path / "w" / "w.duckdb") as store:
        program = (
            "import sys; from pathlib import Path\n"
            "from flows.authors import key_for, AuthorsError\n"
            "from flows.settings import Settings\n"
            "key = Path(sys.argv[2]) if sys.argv[2] else None\n"
            "try: key_for(Settings((), warehouse=Path(sys.argv[1]), author_key=key), None)\n"
            "except AuthorsError as e: print(e)"
        )
        given = "" if key is None else str(key_file(tmp_path, key))
        told = subprocess.run(
            [sys.executable, "-c", program, str(store.path), given],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "names authors by" in told.stdout
        (store.inbox / "authors").unlink()
        settings = Settings(
            sources=(export(tmp_path / "z", text="third"),),
            warehouse=store.path,
            author_key=None if key is None else key_file(tmp_path, key),
            workers=1,
        )
        monkey = pytest.MonkeyPatch()
        monkey.setattr(pipeline, "_owned", _left_to_another)
        run_directly(settings)
        monkey.undo()
        reasons = [bad.reason for bad in store.load_inbox().rejected]
        assert len(reasons) == 2
        assert all("its authors" in reason for reason in reasons)


@contextmanager
def _left_to_another(warehouse: Path, *_: object) -> Iterator[Books]:
    yield Books(warehouse, None, answered=False)


def test_a_key_comes_from_the_first_write_on(tmp_path: Path) -> None:
    run(tmp_path, export(tmp_path / "x"), None)
    with pytest.raises(AuthorsError, match="begin a new warehouse"):
        run(tmp_path, export(tmp_path / "y"), KEY)


def test_private_chats_and_short_keys_are_refused(tmp_path: Path) -> None:
    source = export(tmp_path / "x")
    with pytest.raises(AuthorsError, match="private chats"):
        run(tmp_path, source, chats="all")
    with pytest.raises(KeyProblem, match="32 at least"):
        run(tmp_path, source, "short")


@given(st.text())
def test_a_normal_form_is_its_own(name: str) -> None:
    key = KEY.encode()
    assert pseudonym(key, name) == pseudonym(key, pseudonym(key, name))
    if not name.startswith("p:"):
        assert pseudonym(key, name) == pseudonym(key, f"  {name} ")
        assert pseudonym(key, name) != pseudonym(OTHER.encode(), name)
        assert len(pseudonym(key, name)) == 26
    assert normal(f" @{normal(name)}") == normal(normal(name)) or normal(name).startswith("@")


NAME = st.none() | st.sampled_from(["user1", "channel5", "chat-7", "Amina", "channel person"])


@given(
    st.lists(
        st.tuples(
            NAME,
            NAME,
            NAME,
            st.lists(
                st.tuples(
                    st.sampled_from(["mention", "mention_name", "text_link", "bold", "phone"]),
                    st.none() | st.sampled_from(["17", "tg://user?id=17", "https://t.me/x"]),
                ),
                max_size=3,
            ),
        ),
        max_size=8,
    ),
    st.integers(0, 3),
)
def test_rows_keep_their_places(rows: list[Any], skipped: int) -> None:
    """Any batch, also a slice of one: each row is hidden as it would be alone."""
    made = [
        dict.fromkeys(MESSAGES.names)
        | {
            "channel_key": "tg:1",
            "message_id": i,
            "kind": "message",
            "time_basis": "unix",
            "text": "t",
            "position": str(i),
            "reactions": [],
            "author_id": author,
            "author_name": name,
            "signature": signature,
            "entities": [
                {"start": 0, "end": 1, "type": kind, "value": value} for kind, value in spans
            ],
        }
        for i, (author, name, signature, spans) in enumerate(rows)
    ]
    nothing = pa.RecordBatch.from_pylist([], schema=QUARANTINE)
    channels = pa.RecordBatch.from_pylist([], schema=CHANNELS)
    messages = pa.RecordBatch.from_pylist(made, schema=MESSAGES).slice(skipped)
    hidden = hide(Batch(0, messages, nothing, channels), KEY.encode()).messages
    assert hidden.schema.equals(MESSAGES)
    hidden.validate(full=True)
    key = KEY.encode()
    for row, before in zip(hidden.to_pylist(), made[skipped:], strict=True):
        channel = before["author_id"] in ("channel5", "chat-7")
        for column in ("author_id", "author_name", "signature"):
            value = before[column]
            stays = value is None or (channel and column != "signature")
            assert row[column] == (value if stays else pseudonym(key, value))
        for entity, was in zip(row["entities"], before["entities"], strict=True):
            expected = was["value"]
            if expected is not None and was["type"] in ("mention", "mention_name", "phone"):
                expected = pseudonym(key, expected)
            elif expected == "tg://user?id=17" and was["type"] == "text_link":
                expected = "tg://user?id=" + pseudonym(key, "17")
            assert entity == was | {"value": expected}
