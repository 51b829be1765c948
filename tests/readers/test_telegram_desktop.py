"""Telegram Desktop's exports, quirk by quirk."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

Load = Callable[..., Any]

_HEAD = b'{"name": "Notes", "type": "public_channel", "id": 1500000001, "messages": ['


def _chat(*messages: dict[str, Any], **header: Any) -> bytes:
    facts = {"name": "Notes", "type": "public_channel", "id": 1500000001} | header
    return json.dumps(facts | {"messages": list(messages)}, ensure_ascii=False, indent=1).encode()


def _message(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": number, "type": "message"} | fields


def _raw(*messages: bytes, tail: bytes = b"]}") -> bytes:
    return _HEAD + b",\n".join(messages) + tail


# -- text -----------------------------------------------------------------------------------


def test_text_as_a_string_and_as_an_array(load: Load) -> None:
    parts = ["see ", {"type": "mention", "text": "@x_example"}, " now"]
    rows = load(_chat(_message(1, text="plain"), _message(2, text=parts))).rows
    assert [row["text"] for row in rows] == ["plain", "see @x_example now"]
    assert rows[1]["entities"] == [{"start": 4, "end": 14, "type": "mention", "value": None}]


def test_entities_count_code_points_and_keep_what_the_text_does_not_show(load: Load) -> None:
    entities = [
        {"type": "plain", "text": "\U0001f600 "},
        {"type": "text_link", "text": "دلته", "href": "https://example.org/"},
        {"type": "pre", "text": "x", "language": "py"},
        {"type": "blockquote", "text": "q", "collapsed": True},
        {"type": "custom_emoji", "text": "\U0001f600", "document_id": "stickers/1.webp"},
        {"type": "mention_name", "text": "A", "user_id": 7},
        {"type": "hologram", "text": "h"},
    ]
    text = "".join(part["text"] for part in entities)
    found = load(_chat(_message(text=text, text_entities=entities)))
    [row] = found.rows
    assert [(e["start"], e["end"], e["type"], e["value"]) for e in row["entities"]] == [
        (2, 6, "text_link", "https://example.org/"),
        (6, 7, "pre", "py"),
        (7, 8, "blockquote", "collapsed"),
        (8, 9, "custom_emoji", "stickers/1.webp"),
        (9, 10, "mention_name", "7"),
        (10, 11, "unknown", None),
    ]
    assert found.report.unknown_fields["text_entities[].type=hologram"] == 1
    assert "hologram" in row["extra"]


def test_text_wins_over_entities_that_tell_another_text(load: Load) -> None:
    told = [{"type": "bold", "text": "another"}]
    found = load(_chat(_message(text="one", text_entities=told)))
    [row] = found.rows
    assert (row["text"], row["entities"]) == ("one", [])
    assert json.loads(row["details"]) == {"text_entities": told}
    assert "disagree" in found.report.warnings[0]


def test_a_poll_is_read_as_text_where_there_is_none(load: Load) -> None:
    poll = {
        "question": ["Which ", {"type": "bold", "text": "one"}],
        "closed": False,
        "total_voters": 2,
        "answers": [{"text": "this", "voters": 2, "chosen": False}, {"text": ["that"]}],
    }
    first, second = load(
        _chat(_message(1, text="", poll=poll), _message(2, text="t", poll=poll))
    ).rows
    assert (first["text"], first["media_type"]) == ("Which one\nthis\nthat", "poll")
    assert json.loads(first["details"]) == {"poll": poll, "text_from": "poll"}
    assert (second["text"], json.loads(second["details"])) == ("t", {"poll": poll})


def test_an_invoice_is_json_in_a_string(load: Load) -> None:
    inside = {"title": "Support", "description": "us", "amount": 5, "currency": "EUR"}
    [row] = load(_chat(_message(text="", invoice_information=json.dumps(inside)))).rows
    assert row["text"] == "Support\nus"
    assert json.loads(row["details"])["invoice_information"] == inside


# -- times ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "basis", "moment"),
    [
        ({"date": "2024-01-01T12:00:00", "date_unixtime": "1704106800"}, "unix", 1704106800),
        ({"date": "2024-01-01T12:00:00", "date_unixtime": 1704106800}, "unix", 1704106800),
        ({"date": "2024-01-01T12:00:00"}, "naive", 1704094200),
        ({"date": "2024-01-01T12:00:00Z"}, "offset", 1704110400),
        ({}, "missing", None),
        ({"date": "20000-01-01T00:00:00"}, "missing", None),
        ({"date_unixtime": "-99999999999999"}, "missing", None),
        ({"date": "2024-01-01T12:00:00", "date_unixtime": "soon"}, "naive", 1704094200),
    ],
)
def test_times(load: Load, fields: dict[str, Any], basis: str, moment: int | None) -> None:
    [row] = load(_chat(_message(text="t", **fields)), timezone="Asia/Kabul").rows
    wanted = None if moment is None else datetime.fromtimestamp(moment, UTC)
    assert (row["time_basis"], row["sent_at"]) == (basis, wanted)


def test_edits_keep_their_time(load: Load) -> None:
    [row] = load(_chat(_message(edited="2024-01-01T12:00:00", edited_unixtime="1704106800"))).rows
    assert row["edited_at"] == datetime.fromtimestamp(1704106800, UTC)


def test_a_time_that_cannot_be_read_is_kept_and_told(load: Load) -> None:
    found = load(_chat(_message(date="yesterday")))
    assert json.loads(found.rows[0]["extra"]) == {"date": "yesterday"}
    assert "times that cannot be read" in found.report.warnings[0]


# -- who ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("channel12", "channel12"),
        ("user5", "user5"),
        (123456789, "user123456789"),
        ((1 << 32) + 77, "chat77"),
        ((1 << 33) + 77, "channel77"),
        (None, None),
    ],
)
def test_from_id_in_all_its_forms(load: Load, given: Any, wanted: str | None) -> None:
    found = load(_chat({"from": None, "from_id": given, "id": 1, "type": "message"}))
    assert (found.rows[0]["author_id"], found.rows[0]["author_name"]) == (wanted, None)
    assert not found.report.unknown_fields


def test_forwards_replies_and_signatures(load: Load) -> None:
    fields = {
        "author": "An editor",
        "forwarded_from": "Another",
        "saved_from": "Third",
        "reply_to_message_id": 3,
        "reply_to_peer_id": "channel77",
        "via_bot": "@x_bot",
    }
    first, second = load(_chat(_message(1, **fields), _message(2, forwarded_from=None))).rows
    assert first["signature"] == "An editor"
    assert first["forwarded_from_name"] == "Another"
    assert (first["reply_to_id"], first["reply_to_channel"]) == (3, "tg:77")
    assert first["via_bot"] == "@x_bot"
    assert json.loads(first["details"]) == {"saved_from": "Third"}
    assert json.loads(second["details"]) == {"forwarded_from": None}


# -- kinds and media ------------------------------------------------------------------------


def test_service_and_unsupported_messages_are_kept(load: Load) -> None:
    renamed = {
        "id": 1,
        "type": "service",
        "actor": "Notes",
        "actor_id": "channel1",
        "action": "edit_group_title",
        "title": "New name",
        "text": "",
    }
    first, second = load(_chat(renamed, {"id": 2, "type": "unsupported"})).rows
    assert (first["kind"], first["action"]) == ("service", "edit_group_title")
    assert (first["author_id"], first["author_name"]) == ("channel1", "Notes")
    assert json.loads(first["details"]) == {"title": "New name"}
    assert (second["kind"], second["message_id"]) == ("unsupported", 2)


def test_a_new_picture_of_the_channel_is_no_media(load: Load) -> None:
    photo = {"action": "edit_group_photo", "photo": "photos/a.jpg", "photo_file_size": 5}
    found = load(_chat({"id": 1, "type": "service"} | photo))
    assert found.rows[0]["media_type"] is None
    assert json.loads(found.rows[0]["details"]) == {"photo": "photos/a.jpg", "photo_file_size": 5}
    assert not found.report.unknown_fields


@pytest.mark.parametrize(
    ("fields", "media", "name", "size"),
    [
        ({"photo": "photos/a.jpg", "photo_file_size": 9}, "photo", "a.jpg", 9),
        (
            {"photo": "(File not included. Change data exporting settings to download.)"},
            "photo",
            None,
            None,
        ),
        ({"file": "../../etc/x", "media_type": "video_file", "file_size": 3}, "video", "x", 3),
        ({"file": "/abs/v.ogg", "media_type": "voice_message"}, "voice", "v.ogg", None),
        ({"file": "f", "file_name": "named.pdf"}, "file", "named.pdf", None),
        ({"file": "a (File unavailable, please try again later)"}, "file", "a", None),
        ({"file": "n" * 5000}, "file", "n" * 255, None),
        ({"contact_information": {"first_name": "A"}}, "contact", None, None),
        ({"location_information": {"latitude": 1.0, "longitude": 2.0}}, "location", None, None),
        ({"text": "t"}, None, None, None),
    ],
)
def test_media(load: Load, fields: dict[str, Any], media: str, name: str, size: int) -> None:
    found = load(_chat(_message(**fields)))
    [row] = found.rows
    assert (row["media_type"], row["media_name"], row["media_bytes"]) == (media, name, size)
    assert not found.report.unknown_fields


def test_reactions(load: Load) -> None:
    given = [
        {"type": "emoji", "count": 3, "emoji": "x", "recent": [{"from": "A", "date": "2024"}]},
        {"type": "custom_emoji", "count": 2, "document_id": "d"},
        {"type": "paid", "count": 1},
    ]
    [row] = load(_chat(_message(reactions=given))).rows
    assert [(r["kind"], r["label"], r["count"]) for r in row["reactions"]] == [
        ("emoji", "x", 3),
        ("custom_emoji", "d", 2),
        ("paid", None, 1),
    ]
    assert json.loads(row["details"])["reactions"] == given


def test_unknown_fields_are_counted_and_kept(load: Load) -> None:
    found = load(_chat(_message(1, colour="red"), _message(2, colour=[1], views={}), mood="x"))
    assert found.report.unknown_fields == {"chat.mood": 1, "colour": 2, "views": 1}
    assert [json.loads(row["extra"]) for row in found.rows] == [
        {"colour": "red"},
        {"colour": [1], "views": {}},
    ]
    assert json.loads(found.channels["tg:1500000001"]["details"]) == {"mood": "x"}


# -- chats ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ({"type": "public_channel", "id": 1500000001}, "tg:1500000001"),
        ({"type": "public_channel", "id": -1001500000001}, "tg:1500000001"),
        ({"type": "public_supergroup", "id": (1 << 33) + 1154937727}, "tg:1154937727"),
        ({"type": "private_group", "id": 4500000000}, "tg:g4500000000"),
        ({"type": "personal_chat", "id": 9}, "tg:u9"),
        ({"id": None}, "name:notes"),
    ],
)
def test_channel_keys(load: Load, header: dict[str, Any], key: str) -> None:
    assert list(load(_chat(_message(), **header), chats="all").channels) == [key]


def test_a_header_behind_the_messages_is_found(load: Load) -> None:
    chat = {
        "messages": [_message(1), _message(2)],
        "id": 7,
        "name": "Late",
        "type": "private_channel",
    }
    found = load(json.dumps(chat).encode())
    assert [row["channel_key"] for row in found.rows] == ["tg:7", "tg:7"]
    assert found.channels["tg:7"]["name"] == "Late"
    account = {"about": "", "chats": {"list": [chat, chat | {"id": 8, "name": "Later"}]}}
    found = load(json.dumps(account).encode())
    assert {key: row["name"] for key, row in found.channels.items()} == {
        "tg:7": "Late",
        "tg:8": "Later",
    }


def _account() -> dict[str, Any]:
    return {
        "about": "a",
        "personal_information": {"phone_number": "secret"},
        "contacts": {"list": [{"id": 1, "type": "message", "first_name": "secret"}]},
        "frequent_contacts": {"list": [{"id": 3, "type": "public_channel", "name": "secret"}]},
        "chats": {
            "about": "",
            "list": [
                {"type": "saved_messages", "id": 1, "messages": [_message(1, text="secret")]},
                {"name": "P", "type": "personal_chat", "id": 2, "messages": [{"text": "secret"}]},
                {
                    "name": "C",
                    "type": "public_channel",
                    "id": 3,
                    "messages": [_message(1), _message(2)],
                },
            ],
        },
        "left_chats": {
            "list": [
                {
                    "name": "G",
                    "type": "private_supergroup",
                    "id": 4,
                    "messages": [_message(5, from_id="user1"), _message(6, from_id="user2")],
                },
                {
                    "name": "Own",
                    "type": "public_supergroup",
                    "id": 6,
                    "messages": [_message(5, from_id="user1"), _message(9, from_id="user1")],
                },
            ]
        },
    }


def test_an_account_gives_channels_and_groups_alone(load: Load) -> None:
    found = load(json.dumps(_account()).encode())
    assert [(row["channel_key"], row["message_id"]) for row in found.rows] == [
        ("tg:3", 1),
        ("tg:3", 2),
        ("tg:4", 5),
        ("tg:4", 6),
        ("tg:6", 5),
        ("tg:6", 9),
    ]
    assert found.report.items_read == 6
    assert found.rows[2]["position"] == "left_chats.list[0].messages[0]"
    assert "secret" not in str((found.rows, found.quarantine, found.channels, found.report))
    assert found.report.warnings == (
        "personal chats passed over (the option chats=all reads them): 2",
    )
    # Of the last group, only the owner's own messages may have been exported.
    ranges = {key: (row["covers_from"], row["covers_to"]) for key, row in found.channels.items()}
    assert ranges == {"tg:3": (1, 2), "tg:4": (5, 6), "tg:6": (None, None)}


def test_personal_chats_are_read_when_asked(load: Load) -> None:
    found = load(json.dumps(_account()).encode(), chats="all")
    assert {row["channel_key"] for row in found.rows} == {"tg:u1", "tg:3", "tg:4", "tg:6"}
    assert [row["channel_key"] for row in found.quarantine] == ["tg:u2"]


def test_damaged_personal_data_is_not_kept(load: Load) -> None:
    content = (
        json.dumps(_account(), indent=1).encode().replace(b'"phone_number": ', b'"phone" "', 1)
    )
    found = load(content)
    assert len(found.rows) == 6
    assert found.quarantine
    assert "secret" not in str((found.rows, found.quarantine, found.channels))


def test_two_exports_in_one_file(load: Load) -> None:
    found = load(_chat(_message(1)) + b"\n" + _chat(_message(2), id=9))
    assert [row["channel_key"] for row in found.rows] == ["tg:1500000001", "tg:9"]


# -- damage ---------------------------------------------------------------------------------

_GOOD = (
    b'{"id": 1, "type": "message", "text": "a", "text_entities": [{"type": "plain", "text": "a"}]}'
)
_LAST = b'{"id": 3, "type": "message", "text": "c"}'


@pytest.mark.parametrize(
    "bad",
    [
        b'{"id": 2, "type": "message", "text": "b"',
        b'{"id": 2, "type": "message", "text": "b}',
        b'{"id": 2, "type": "message", "text": b"}',
        b'{"id": 2, "type": "message", "text": ["b", {"type": "bold", "text": "c"}}',
        b'{"id": 2, "type": "message", "text": "b", "text_entities": []]}',
        b'{"id": 2, "type": "message", "deep": ' + b"[" * 100_000,
        b'{"id": 2, "type": "message", "text": }',
        b'{"id": 2, "type" "message", "text": "b"}',
        b'{"id": 2, "type": "message", "text": "' + b"b" * 3000 + b'"}',
    ],
    ids=range(9),
)
def test_a_broken_message_costs_itself_alone(load: Load, bad: bytes) -> None:
    found = load(_raw(_GOOD, bad, _LAST), max_message_bytes=2000)
    assert [row["message_id"] for row in found.rows] == [1, 3]
    [lost] = [row for row in found.quarantine if row["raw"]]
    assert lost["message_id"] == 2 or len(bad) > 65_536
    assert lost["channel_key"] == "tg:1500000001"
    assert lost["position"] == "messages[1]"
    assert lost["byte_offset"] == len(_HEAD) + len(_GOOD) + 2
    assert bad[:100].rstrip(b"}]") in lost["raw"]
    assert len(lost["raw"]) <= 65_536


@pytest.mark.parametrize("between", [b"}", b"]", b"]}", b"]},", b"x"])
def test_a_bracket_too_many_between_messages_loses_none(load: Load, between: bytes) -> None:
    found = load(_HEAD + _GOOD + between + b",\n" + _LAST + b"]}")
    assert [row["message_id"] for row in found.rows] == [1, 3]
    assert {row["channel_key"] for row in found.rows} == {"tg:1500000001"}
    assert found.channels["tg:1500000001"]["covers_from"] is None


def test_messages_with_keys_in_another_order_are_found_again(load: Load) -> None:
    for indent in (None, 1):
        texts = [
            json.dumps({"date": "x", "id": n, "text": "t", "type": "message"}, indent=indent)
            for n in range(4)
        ]
        texts[1] = texts[1].replace('"text": ', '"text": {', 1)
        found = load(_HEAD + ("\n" + ",\n".join(texts)).encode() + b"]}")
        assert [row["message_id"] for row in found.rows] == [0, 2, 3]
        assert len(found.quarantine) == 1


def test_damage_in_one_chat_never_moves_messages_to_another(load: Load) -> None:
    content = json.dumps(_account()).encode()
    for needle in (
        b'"left_chats"',
        b'"name": "G"',
        b'{"name": "G"',
        b'"id": 4',
        b'"messages": [{"id": 5',
    ):
        for junk in (b"}", b"]", b'"', b"{"):
            at = content.index(needle)
            found = load(content[:at] + junk + content[at:])
            assert {
                (r["channel_key"], r["message_id"])
                for r in found.rows
                if r["channel_key"] == "tg:3"
            } == {
                ("tg:3", 1),
                ("tg:3", 2),
            }
            for row in found.rows:
                assert (row["message_id"] < 3) == (row["channel_key"] == "tg:3")


def test_truncation_keeps_what_was_read_and_claims_nothing(load: Load) -> None:
    found = load(_raw(_GOOD, _LAST[:-9], tail=b""))
    assert [row["message_id"] for row in found.rows] == [1]
    [lost] = found.quarantine
    assert (lost["message_id"], lost["raw"]) == (3, _LAST[:-9])
    assert "ends inside this message" in lost["reason"]
    assert not found.report.complete
    assert found.channels["tg:1500000001"]["covers_from"] is None


def test_control_characters_written_with_x_are_repaired(load: Load) -> None:
    found = load(_raw(rb'{"id": 1, "type": "message", "text": "a\x0Bb\\x41 \u0641"}'))
    assert found.rows[0]["text"] == "a\x0bb\\x41 ف"
    assert found.report.warnings == ("messages with repaired JSON: 1",)
    assert not found.quarantine


def test_raw_line_breaks_and_zeros_in_a_text_are_kept(load: Load) -> None:
    found = load(_raw(b'{"id": 1, "type": "message", "text": "a\nb\0c\\u0000"}', _LAST))
    assert [row["text"] for row in found.rows] == ["a\nb\0c\0", "c"]


@pytest.mark.parametrize("text", [b"a\xffb", rb"a\ud83db", b"a\xed\xa0\x80b"])
def test_bytes_that_are_no_text_are_replaced_and_the_original_kept(load: Load, text: bytes) -> None:
    raw = b'{"id": 1, "type": "message", "text": "' + text + b'"}'
    found = load(_raw(raw))
    [row] = found.rows
    assert row["text"].strip("\ufffd") != ""
    assert row["text"].replace("\ufffd", "") == "ab"
    assert base64.b64decode(json.loads(row["details"])["raw_base64"]) == raw
    assert len(found.report.warnings) == 1


@pytest.mark.parametrize(
    "bad", [b'{"type": "message"}', b'{"id": 99999999999999999999}', b'{"id": "x"}', b"7", b"null"]
)
def test_what_is_no_message_is_quarantined(load: Load, bad: bytes) -> None:
    found = load(_raw(_GOOD, bad, _LAST))
    assert [row["message_id"] for row in found.rows] == [1, 3]
    assert [row["raw"] for row in found.quarantine] == [bad]
    assert found.channels["tg:1500000001"]["covers_from"] is None


def test_numbers_that_fit_no_column_are_kept_aside(load: Load) -> None:
    found = load(_chat(_message(photo="a", photo_file_size=2**80, reply_to_message_id=1.5)))
    [row] = found.rows
    assert (row["media_bytes"], row["reply_to_id"]) == (None, None)
    assert json.loads(row["extra"]) == {"photo_file_size": 2**80, "reply_to_message_id": 1.5}


@pytest.mark.parametrize(
    "content",
    [
        b'{"name": "N", "type": "public_channel", "id": 7, "messages": {"1": {"id": 1}}}',
        b'{"about": "", "chats": {"list": 5}}',
        b'{"about": "", "chats": {"list": [[1]]}}',
    ],
)
def test_lists_that_are_none_are_told(load: Load, content: bytes) -> None:
    found = load(content)
    assert not found.rows
    assert "was expected here" in found.quarantine[0]["reason"]


# -- coverage -------------------------------------------------------------------------------


def test_a_whole_chat_claims_its_range_and_its_latest_time(load: Load) -> None:
    edited = _message(4, date_unixtime="1704106800", edited_unixtime="1704106900")
    found = load(_chat(edited, _message(9, date_unixtime="1704106801")))
    facts = found.channels["tg:1500000001"]
    assert (facts["covers_from"], facts["covers_to"]) == (4, 9)
    assert facts["as_of"] == datetime.fromtimestamp(1704106900, UTC)


def test_a_quarantined_message_with_an_id_does_not_spoil_coverage(load: Load) -> None:
    found = load(_raw(_GOOD, b'{"id": 2, "type": "message", "text": }', _LAST))
    assert [row["message_id"] for row in found.quarantine] == [2]
    assert found.channels["tg:1500000001"]["covers_to"] == 3
