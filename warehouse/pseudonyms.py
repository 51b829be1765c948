"""Authors named by a keyed hash, before anything of them is written.

What identifies a person, and what becomes of it:

====================== ==========================================================================
author_id              a pseudonym, unless it is a channel's or a group's
author_name            a pseudonym, unless the author is a channel, or it is a channel of the file
signature              a pseudonym
forwarded_from_id      as author_id
forwarded_from_name    as author_name
entities               the user behind a mention_name, the value of a mention, an e-mail address or
                       a telephone number, the user in a link ``tg://user?id=…``: a pseudonym
extra, details         dropped: JSON in which anything can stand
quarantine.raw         dropped: the bytes of what could not be read
====================== ==========================================================================

Channels, groups and bots (``via_bot``) are no persons and keep their names; private chats are, in
every column, so they are not read. The text of a message stays as it is, whoever it names: it is
the evidence, and spans are places in it. So do the names of files.

A pseudonym is ``p:`` and 96 bits of HMAC-SHA256 (RFC 2104) over a normal form: the same key gives
the same one at every run, from every format. Without the key nobody can tell whose it is, nor try
names; with it, whoever is looked for can be found.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.encryption import SHORTEST, KeyProblem, read_key
from warehouse.parsing.gathering import Batch

#: The environment: the key, or a file with it.
KEY, KEY_FILE = "CHANNELWATCH_AUTHOR_KEY", "CHANNELWATCH_AUTHOR_KEY_FILE"
HOW = (
    "a warehouse that is there takes its own key of authors alone, so name the file of that one; "
    "for a new one make a key: openssl rand -hex 32 > authors.key; chmod 600 authors.key"
)
PREFIX = "p:"
#: The ids of what is no person; see the readers.
NO_PERSON = r"^(channel|chat)-?\d+$"
#: Entities whose value names somebody.
PERSONAL = frozenset({"mention", "mention_name", "email", "phone"})
_USER_LINK = re.compile(r"(tg://(?:user|openmessage)\?(?:id|user_id)=)(\d+)", re.IGNORECASE)


def author_key(path: Path | None = None) -> bytes | None:
    """The key of authors: of a file, else of the environment; None: authors stand as they are.

    Raises:
        KeyProblem: the file cannot be read, or the key is too short.
    """
    given = path or (Path(os.environ[KEY_FILE]) if os.environ.get(KEY_FILE) else None)
    key = read_key(given, HOW) if given else os.environ.get(KEY, "")
    if not key:
        return None
    if len(key) < SHORTEST:
        raise KeyProblem(
            f"the key of authors has {len(key)} characters, {SHORTEST} at least; {HOW}"
        )
    return key.encode()


def fingerprint(key: bytes) -> str:
    """What tells one key from another, and nothing of the key."""
    return hmac.digest(key, b"channelwatch: which key of authors", "sha256").hex()[:32]


def pseudonym(key: bytes, value: str) -> str:
    """The pseudonym of an id or a name; of a pseudonym, itself.

    >>> key = b"k" * 32
    >>> pseudonym(key, "@Some_Body") == pseudonym(key, " some_body")
    True
    >>> pseudonym(key, "user17") == pseudonym(key, "17") != pseudonym(b"l" * 32, "17")
    True
    """
    if value.startswith(PREFIX):
        return value
    return PREFIX + hmac.digest(key, normal(value).encode(), hashlib.sha256).hex()[:24]


def normal(value: str) -> str:
    """One form for the ways of writing an id or a name.

    >>> normal("  @Ａmina  Wardak "), normal("user017")
    ('amina wardak', '017')
    """
    folded = " ".join(unicodedata.normalize("NFKC", value).casefold().split()).removeprefix("@")
    rest = folded.removeprefix("user")
    return rest if rest.isdigit() else folded


def hide(batch: Batch, key: bytes) -> Batch:
    """The batch without persons."""
    messages = batch.messages
    channels = _channel_names(batch.channels)
    columns = {name: messages.column(name) for name in messages.schema.names}
    for person, name in (
        ("author_id", "author_name"),
        ("forwarded_from_id", "forwarded_from_name"),
    ):
        nobody = _is_no_person(columns[person])
        columns[name] = _unless(nobody, columns[name], _names(columns[name], key, channels))
        columns[person] = _unless(nobody, columns[person], _names(columns[person], key))
    columns["signature"] = _names(columns["signature"], key)
    columns["entities"] = _entities(columns["entities"], key)
    for dropped in ("extra", "details"):
        columns[dropped] = pa.nulls(len(messages), pa.string())
    quarantine = batch.quarantine
    raw = quarantine.schema.get_field_index("raw")
    return replace(
        batch,
        messages=pa.RecordBatch.from_arrays(list(columns.values()), schema=messages.schema),
        quarantine=quarantine.set_column(
            raw, quarantine.schema.field(raw), pa.nulls(len(quarantine), pa.binary())
        ),
    )


def _is_no_person(ids: pa.Array) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(ids, pattern=NO_PERSON), fill_value=False)


def _unless(mask: pa.Array, kept: pa.Array, otherwise: pa.Array) -> pa.Array:
    return pc.if_else(mask, kept, otherwise)


def _names(column: pa.Array, key: bytes, kept: frozenset[str] = frozenset()) -> pa.Array:
    """Each value's pseudonym, worked out once for each that is different."""
    encoded = column.dictionary_encode()
    named = [
        value if value is None or normal(value) in kept else pseudonym(key, value)
        for value in encoded.dictionary.to_pylist()
    ]
    return pa.array(named, pa.string()).take(encoded.indices)


def _entities(column: pa.Array, key: bytes) -> pa.Array:
    """The lists with what names somebody replaced; where no value does, as they are."""
    flat = column.flatten()
    kinds, values = flat.field("type"), flat.field("value")
    personal = pc.is_in(kinds, value_set=pa.array(sorted(PERSONAL)))
    linked = pc.and_(
        pc.equal(kinds, "text_link"),
        pc.fill_null(
            pc.match_substring_regex(values, pattern=_USER_LINK.pattern, ignore_case=True), False
        ),
    )
    if not pc.any(pc.and_(pc.or_(personal, linked), pc.is_valid(values))).as_py():
        return column
    links = pa.array(
        [
            None if value is None else _USER_LINK.sub(lambda m: m[1] + pseudonym(key, m[2]), value)
            for value in values.to_pylist()
        ],
        pa.string(),
    )
    changed = pc.if_else(personal, _names(values, key), pc.if_else(linked, links, values))
    fields = list(flat.type)
    arrays = [changed if field.name == "value" else flat.field(field.name) for field in fields]
    structs = pa.StructArray.from_arrays(arrays, fields=fields)
    offsets = pc.subtract(column.offsets, column.offsets[0])
    return pa.ListArray.from_arrays(offsets, structs, type=column.type)


def _channel_names(channels: pa.RecordBatch) -> frozenset[str]:
    found = [*channels.column("name").to_pylist(), *channels.column("username").to_pylist()]
    return frozenset(normal(name) for name in found if name)
