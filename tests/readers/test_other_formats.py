"""Telethon's dumps and their relatives, TGDataset, and plain files."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Load = Callable[..., Any]


def _telethon(number: int, **fields: Any) -> dict[str, Any]:
    peer = {"_": "PeerChannel", "channel_id": 77}
    return {"_": "Message", "id": number, "peer_id": peer, "message": "t"} | fields


def _lines(*records: Any) -> bytes:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()


# -- Telethon -------------------------------------------------------------------------------


def test_array_and_lines_give_the_same(load: Load) -> None:
    records = [_telethon(1), _telethon(2, message="")]
    array, lines = load(json.dumps(records, indent=1).encode()), load(_lines(*records))
    for found in (array, lines):
        assert found.source.format == "telethon"
    assert [{**row, "position": ""} for row in array.rows] == [
        {**row, "position": ""} for row in lines.rows
    ]


@pytest.mark.parametrize(
    "date", ["2024-01-01T12:00:00+00:00", "2024-01-01 12:00:00+00:00", 1704110400, 1704110400.0]
)
def test_dates_in_every_form(load: Load, date: Any) -> None:
    [row] = load(_lines(_telethon(1, date=date, edit_date=date))).rows
    assert row["sent_at"] == row["edited_at"] == datetime(2024, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ([{"_": "DocumentAttributeVideo", "round_message": True}], "video_message"),
        ([{"_": "DocumentAttributeVideo"}, {"_": "DocumentAttributeAnimated"}], "animation"),
        ([{"_": "DocumentAttributeVideo"}], "video"),
        ([{"_": "DocumentAttributeAudio", "voice": False}], "audio"),
        ([{"_": "DocumentAttributeSticker"}], "sticker"),
        ([{"_": "DocumentAttributeFilename", "file_name": "a.pdf"}], "file"),
    ],
)
def test_documents(load: Load, attributes: list[Any], kind: str) -> None:
    document = {"_": "Document", "size": 5, "mime_type": "x/y", "attributes": attributes}
    document["file_reference"] = "AAECAw=="
    media = {"_": "MessageMediaDocument", "document": document}
    [row] = load(_lines(_telethon(1, media=media))).rows
    assert (row["media_type"], row["media_bytes"], row["media_mime"]) == (kind, 5, "x/y")
    assert "file_reference" not in row["details"]


def test_polls_previews_and_places(load: Load) -> None:
    question = {"_": "TextWithEntities", "text": "Which?", "entities": []}
    poll = {"_": "Poll", "question": question, "answers": [{"text": {"text": "this"}}]}
    first, second, third = load(
        _lines(
            _telethon(1, message="", media={"_": "MessageMediaPoll", "poll": poll}),
            _telethon(
                2, media={"_": "MessageMediaWebPage", "webpage": {"url": "https://example.org"}}
            ),
            _telethon(3, media={"_": "MessageMediaVenue", "title": "x"}),
        )
    ).rows
    assert (first["text"], first["media_type"]) == ("Which?\nthis", "poll")
    assert json.loads(first["details"])["text_from"] == "poll"
    assert second["media_type"] is None
    assert "example.org" in second["details"]
    assert third["media_type"] == "location"


def test_entities_that_lie_outside_are_cut_or_kept_aside(load: Load) -> None:
    entities = [
        {"_": "MessageEntityBold", "offset": 1, "length": 99},
        {"_": "MessageEntityBold", "offset": 50, "length": 2},
        {"_": "MessageEntityTextUrl", "offset": 0, "length": 1, "url": "https://example.org/"},
    ]
    found = load(_lines(_telethon(1, message="abc", entities=entities)))
    [row] = found.rows
    assert [(e["start"], e["end"], e["value"]) for e in row["entities"]] == [
        (1, 3, None),
        (0, 1, "https://example.org/"),
    ]
    assert json.loads(row["extra"])["entities"] == entities


def test_entities_whose_places_are_no_numbers_are_kept_aside(load: Load) -> None:
    entities = [{"_": "MessageEntityBold", "offset": True, "length": 2}]
    found = load(_lines(_telethon(1, message="abc", entities=entities)))
    [row] = found.rows
    assert row["entities"] == []
    assert json.loads(row["extra"])["entities"] == entities


def test_reactions_of_now_and_then(load: Load) -> None:
    old = {"results": [{"reaction": "x", "count": 2}]}
    new = {"results": [{"reaction": {"_": "ReactionCustomEmoji", "document_id": 5}, "count": 1}]}
    rows = load(_lines(_telethon(1, reactions=old), _telethon(2, reactions=new))).rows
    assert [row["reactions"] for row in rows] == [
        [{"kind": "emoji", "label": "x", "count": 2}],
        [{"kind": "custom_emoji", "label": "5", "count": 1}],
    ]


def test_a_dump_that_shows_only_texts_claims_nothing(load: Load) -> None:
    searched = load(_lines(_telethon(1), _telethon(5)))
    assert searched.channels["tg:77"]["covers_from"] is None
    whole = load(_lines(_telethon(1), _telethon(5, message="")))
    assert (whole.channels["tg:77"]["covers_from"], whole.channels["tg:77"]["covers_to"]) == (1, 5)
    damaged = load(_lines(_telethon(1, message="")) + b"\n{]")
    assert damaged.channels["tg:77"]["covers_from"] is None


def test_the_same_message_is_the_same_from_either_program(load: Load) -> None:
    desktop = {
        "name": "N",
        "type": "public_channel",
        "id": 77,
        "messages": [
            {
                "id": 1,
                "type": "message",
                "date_unixtime": "1704110400",
                "photo": "p.jpg",
                "text": "t",
            },
            {"id": 2, "type": "service", "action": "pin_message", "text": ""},
        ],
    }
    pinned = _telethon(2, _="MessageService", action={"_": "MessageActionPinMessage"})
    del pinned["message"]
    telethon = [_telethon(1, date=1704110400, media={"_": "MessageMediaPhoto"}), pinned]
    same = ("channel_key", "message_id", "kind", "text", "media_type", "action", "sent_at")
    one, other = load(json.dumps(desktop).encode()).rows, load(_lines(*telethon)).rows
    assert [[r[k] for k in same] for r in one] == [[r[k] for k in same] for r in other]


def test_personal_dialogues_are_passed_over_unless_asked_for(load: Load) -> None:
    content = _lines(_telethon(1, peer_id={"_": "PeerUser", "user_id": 5}), _telethon(2))
    found = load(content)
    assert [row["message_id"] for row in found.rows] == [2]
    assert found.report.items_read == 1
    assert "personal" in found.report.warnings[0]
    assert [row["channel_key"] for row in load(content, chats="all").rows] == ["tg:u5", "tg:77"]


def test_a_line_nested_too_deeply_costs_itself_alone(load: Load) -> None:
    deep = b'{"_": "Message", "id": 2, "media": ' + b'{"a":' * 600 + b"1" + b"}" * 601
    found = load(_lines(_telethon(1)) + b"\n" + deep + b"\n" + _lines(_telethon(3)))
    assert [row["message_id"] for row in found.rows if row["message_id"] != 2] == [1, 3]
    assert found.report.items_read == 3


def test_tracker_knows_names_from_behind_the_messages(load: Load) -> None:
    content = {
        "messages": [_telethon(1, from_id={"_": "PeerUser", "user_id": 4})],
        "chats": [{"_": "Channel", "id": 77, "title": "Seven", "username": "seven_x"}],
        "users": [{"_": "User", "id": 4, "first_name": "D"}],
    }
    found = load(json.dumps(content).encode())
    assert found.source.format == "telegram_tracker"
    assert found.rows[0]["author_name"] == "D"
    [facts] = found.batches[0].channels.to_pylist()
    assert (facts["name"], facts["username"], facts["type"]) == (
        "Seven",
        "seven_x",
        "public_channel",
    )


# -- TGDataset ------------------------------------------------------------------------------


def test_tgdataset_survives_a_broken_message(load: Load) -> None:
    content = (
        b'{"1": {"username": "a", "title": "A", "description": "d", "text_messages": {'
        b'"1": {"message": "x", "date": 1600000000}, "2": {"message": , "date": 1}, '
        b'"3": {"message": "z", "date": 1600000000}}, "generic_media": {}}}'
    )
    found = load(content)
    assert found.source.format == "tgdataset"
    assert [(row["message_id"], row["text"]) for row in found.rows] == [(1, "x"), (3, "z")]
    [lost] = found.quarantine
    assert (lost["channel_key"], lost["message_id"]) == ("tg:1", 2)
    assert found.channels["tg:1"]["name"] == "A"


# -- plain ----------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "^", "\x1f"])
def test_any_delimiter(load: Load, delimiter: str) -> None:
    table = [["id", "text", "views"], ["1", "a b", "3"], ["2", "c", "4"]]
    found = load("\n".join(delimiter.join(row) for row in table).encode())
    assert found.source.format == "plain_csv"
    assert [(row["message_id"], row["text"], row["views"]) for row in found.rows] == [
        (1, "a b", 3),
        (2, "c", 4),
    ]


def test_rows_without_ids_are_numbered_within_their_file(load: Load) -> None:
    found = load(b"channel,text\nNews One,a\nNews One,b\n")
    key = f"file:{found.source.source_id[:12]}:news-one"
    assert [(row["channel_key"], row["message_id"]) for row in found.rows] == [(key, 1), (key, 2)]
    assert found.channels[key]["name"] == "News One"


def test_a_mapping_says_which_column_is_what(load: Load) -> None:
    content = b"nr,blurb,where\n5,hello there,x\n"
    refused = load(content)
    assert refused.quarantine[0]["position"] == "file"
    assert "blurb" in refused.quarantine[0]["reason"]
    mapping = {"text": "blurb", "id": "nr", "channel": "where"}
    [row] = load(content, mapping=mapping).rows
    assert (row["message_id"], row["text"], row["channel_key"]) == (5, "hello there", "name:x")
    lines = load(b'{"nr": 5, "blurb": "hello there"}\n', mapping={"text": "blurb"})
    assert lines.rows[0]["text"] == "hello there"


def test_a_mapping_that_means_nothing_is_refused(load: Load) -> None:
    with pytest.raises(ValueError, match="did you mean 'text'"):
        load(b"a,b\n1,2\n", mapping={"texts": "a"})


def test_a_quote_that_never_closes_costs_its_line(load: Load) -> None:
    found = load(b'id,text\n1,a\n2,"b\n3,c\n4,d\n')
    assert [row["message_id"] for row in found.rows] == [1, 3, 4]
    [lost] = found.quarantine
    assert (lost["position"], lost["raw"], lost["byte_offset"]) == ("row 2", b'2,"b\n', 12)


def test_quotes_within_a_value_are_text(load: Load) -> None:
    found = load(b'id,text\n1,5" wide\n2,"say ""x"", then\r\n\r\ngo"\n3,\n')
    assert [row["text"] for row in found.rows] == ['5" wide', 'say "x", then\r\n\r\ngo', ""]


def test_a_byte_that_is_no_text_costs_no_row(load: Load) -> None:
    found = load("id,text\n1,سلام سلام\n".encode() + b"2,a\xffb\n")
    assert [row["text"] for row in found.rows] == ["سلام سلام", "a\ufffdb"]
    assert "raw_base64" in found.rows[1]["details"]


def test_parquet_that_is_cut_is_quarantined(load: Load) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "text": ["a", "b"]}), out)
    found = load(out.getvalue()[:-20])
    assert found.source.format == "plain_parquet"
    assert [row["position"] for row in found.quarantine] == ["file"]
    assert not found.report.complete


def test_parquet_of_any_types(load: Load) -> None:
    table = pa.table(
        {
            "text": pa.array(["a"], pa.large_string()),
            "at": pa.array([1704110400_000000001], pa.timestamp("ns")),
            "blob": pa.array([b"\xff"]),
            "sizes": pa.array([[1, 2]]),
            "day": pa.array([19723], pa.date32()),
            "price": pa.array(["1.5"]).cast(pa.decimal128(5, 2)),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    found = load(out.getvalue())
    assert found.rows[0]["text"] == "a"
    assert json.loads(found.rows[0]["extra"])["sizes"] == [1, 2]


def test_an_unknown_object_is_one_item(load: Load) -> None:
    for content in (b'{"colour": "red"}\n' * 50, json.dumps([{"colour": 1}] * 50).encode()):
        found = load(content)
        assert not found.rows
        assert [row["position"] for row in found.quarantine] == ["file"]


def test_parquet_with_times_that_no_calendar_has_loses_nothing_else(load: Load) -> None:
    for unit, far in (("s", 10**15), ("ms", 10**17), ("us", 2**62)):
        times = pa.array([1704110400 * {"s": 1, "ms": 1000, "us": 10**6}[unit], far])
        table = {"text": ["a", "b"], "date": times.cast(pa.timestamp(unit))}
        out = io.BytesIO()
        pq.write_table(pa.table(table), out, coerce_timestamps=None)
        found = load(out.getvalue())
        assert [row["text"] for row in found.rows] == ["a", "b"]
        assert found.rows[0]["sent_at"] == datetime(2024, 1, 1, 12, tzinfo=UTC)
        assert found.rows[1]["sent_at"] is None
        assert not found.quarantine
        assert found.report.warnings == ("values that cannot be read (left out): 1",)
