"""Many messages of Telegram Desktop at once; what is unusual goes the way of ``desktop_message``.

Every column here says the same as the field of :func:`message_of`, or marks the row as odd.
"""

from __future__ import annotations

from datetime import tzinfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.parsing import tokens
from warehouse.parsing.compiled import Bytes, Ints
from warehouse.parsing.desktop_message import DETAILS, KINDS, MEDIA, MEDIA_FIELDS, old_peer
from warehouse.parsing.moments import MISSING
from warehouse.parsing.names import Known
from warehouse.parsing.records import Many
from warehouse.parsing.sheet import (
    Sheet,
    basis_array,
    int_array,
    numbered,
    time_array,
)
from warehouse.parsing.values import Tally
from warehouse.schemas import MESSAGES

_OWN = [
    "id",
    "type",
    "date",
    "date_unixtime",
    "edited",
    "edited_unixtime",
    "from",
    "from_id",
    "actor",
    "actor_id",
    "author",
    "forwarded_from",
    "forwarded_from_id",
    "reply_to_message_id",
    "via_bot",
    "text",
    "text_entities",
    "reactions",
    "action",
    "photo",
    "photo_file_size",
    "file",
    "file_name",
    "file_size",
    "media_type",
    "mime_type",
]
_ROLES = {name: role for role, name in enumerate(_OWN)}
_DETAIL, _EXTRA = len(_OWN), len(_OWN) + 1
_IN_DETAILS = [_DETAIL, _ROLES["photo"], _ROLES["file"]]

#: Known to the general path, and rare: a message with one of them goes there.
_RARE = {*MEDIA_FIELDS, "reply_to_peer_id"}


def known_names() -> Known:
    """The names of the usual fields."""
    known = Known()
    known.learn(dict.fromkeys([*_OWN, *sorted(DETAILS - _RARE - {*_OWN})]))
    return known


def message_rows(  # noqa: PLR0913
    sheet: Sheet, many: Many, known: Known, *, channel_key: str, naive: tzinfo, tally: Tally
) -> pa.RecordBatch:
    """The rows of a sheet of ``many``; those that are ``sheet.odd`` mean nothing."""
    rows = sheet.rows
    sheet.assign(_roles(known, tally), np.zeros(rows, np.int64), len(_OWN))
    numbers, found = sheet.integers(_ROLES["id"])
    sheet.mark(~found | (sheet.kinds(_ROLES["id"]) != tokens.INTEGER))
    sent, bases = _times(sheet, "date", "date_unixtime", naive)
    edited, edited_bases = _times(sheet, "edited", "edited_unixtime", naive)
    text, entities = sheet.texts(_ROLES["text"], _ROLES["text_entities"])
    media_type, media_name, media_bytes = _media(sheet)
    null_text = pa.nulls(rows, pa.string())
    forwarded = sheet.strings(_ROLES["forwarded_from"])
    sheet.mark(sheet.kinds(_ROLES["forwarded_from"]) == tokens.NULL)  # somebody who is gone
    columns = {
        "channel_key": pa.repeat(pa.scalar(channel_key, pa.string()), rows),
        "message_id": pa.array(numbers),
        "kind": _kinds(sheet),
        "sent_at": time_array(sent, bases),
        "edited_at": time_array(edited, edited_bases),
        "time_basis": basis_array(bases),
        "author_id": pc.coalesce(_peers(sheet, "actor_id"), _peers(sheet, "from_id")),
        "author_name": pc.coalesce(sheet.strings(_ROLES["actor"]), sheet.strings(_ROLES["from"])),
        "signature": sheet.strings(_ROLES["author"]),
        "forwarded_from_id": _peers(sheet, "forwarded_from_id"),
        "forwarded_from_name": forwarded,
        "forwarded_at": pa.nulls(rows, MESSAGES.field("forwarded_at").type),
        "reply_to_id": int_array(*sheet.integers(_ROLES["reply_to_message_id"])),
        "reply_to_channel": null_text,
        "via_bot": sheet.strings(_ROLES["via_bot"]),
        "text": text,
        "entities": entities,
        "media_type": media_type,
        "media_name": media_name,
        "media_mime": sheet.strings(_ROLES["mime_type"]),
        "media_bytes": media_bytes,
        "views": pa.nulls(rows, pa.int64()),
        "forwards": pa.nulls(rows, pa.int64()),
        "reactions": sheet.reactions(_ROLES["reactions"]),
        "action": sheet.strings(_ROLES["action"]),
        "details": sheet.members(_IN_DETAILS),
        "extra": sheet.members([_EXTRA]),
        "position": numbered(many.before, many.numbers, many.after),
    }
    for field, count in enumerate(sheet.counts(_EXTRA).tolist()):
        if count:
            tally.unknown[known.names[field]] += count
    return pa.RecordBatch.from_arrays([columns[name] for name in MESSAGES.names], schema=MESSAGES)


def _roles(known: Known, tally: Tally) -> npt.NDArray[np.int16]:
    """The role of each name. One that nobody knows is counted first on the general path, which
    sees to it that the counts stay bounded."""
    roles = []
    for name in known.names:
        role = _ROLES.get(name, -1)
        if role < 0 and name not in _RARE:
            role = _DETAIL if name in DETAILS else (_EXTRA if name in tally.unknown else -1)
        roles.append(role)
    return np.array([roles], np.int16)


def _times(sheet: Sheet, local: str, unix: str, naive: tzinfo) -> tuple[Ints, Bytes]:
    """The time in seconds since 1970 wins over the local one."""
    found, bases = sheet.times(_ROLES[unix], naive)
    without = bases == MISSING
    sheet.mark((sheet.kinds(_ROLES[unix]) == tokens.NULL) & ~sheet.has(_ROLES[local]))
    sheet.mark_nested(_ROLES[local])
    if not (without & sheet.has(_ROLES[local])).any():
        return found, bases
    others, other_bases = sheet.times(_ROLES[local], naive, without)
    return np.where(without, others, found), np.where(without, other_bases, bases)


def _kinds(sheet: Sheet) -> pa.Array:
    found = sheet.strings(_ROLES["type"])
    known = pc.is_in(found, pa.array(KINDS)).to_numpy(zero_copy_only=False)
    sheet.mark(sheet.has(_ROLES["type"]) & ~known)
    return pc.fill_null(found, "message")


def _peers(sheet: Sheet, name: str) -> pa.Array:
    """Peers as "channel123"; older exports have numbers."""
    role = _ROLES[name]
    old = sheet.kinds(role) == tokens.INTEGER
    if not old.any():
        return sheet.strings(role)
    numbers, _ = sheet.integers(role, old)
    different, which = np.unique(numbers, return_inverse=True)
    peers = [old_peer(number) for number in different.tolist()]
    named = pa.array(peers, pa.string()).take(pa.array(which, mask=~old))
    sheet.mark(old & named.is_null().to_numpy(zero_copy_only=False))
    return pc.coalesce(named, sheet.strings(role, ~old))


def _media(sheet: Sheet) -> tuple[pa.Array, pa.Array, pa.Array]:
    """The kind of media, its name and its size in bytes."""
    photo, file = sheet.has(_ROLES["photo"]), sheet.has(_ROLES["file"])
    of_file = sheet.has(_ROLES["file_name"]) | sheet.has(_ROLES["file_size"])
    sheet.mark((of_file & ~file) | (sheet.has(_ROLES["photo_file_size"]) & ~photo))
    sheet.mark(photo & (file | sheet.has(_ROLES["action"])))
    told = sheet.strings(_ROLES["media_type"])
    sheet.mark(sheet.has(_ROLES["media_type"]) & told.is_null().to_numpy(zero_copy_only=False))
    encoded = told.dictionary_encode()
    names = [MEDIA.get(name, name[:64]) for name in encoded.dictionary.to_pylist()]
    media = pa.array(names, pa.string()).take(encoded.indices)
    own = pa.array(np.where(photo, 0, 1), mask=~(photo | file))
    media = pc.coalesce(media, pa.array(["photo", "file"]).take(own))
    sizes, sized = sheet.integers(_ROLES["photo_file_size"])
    others, other_sized = sheet.integers(_ROLES["file_size"])
    size = int_array(np.where(photo, sizes, others), sized | other_sized)
    named = sheet.strings(_ROLES["file_name"])
    long = pc.greater(pc.binary_length(named), 255).fill_null(False)
    sheet.mark(long.to_numpy(zero_copy_only=False))
    bare = (photo | file) & named.is_null().to_numpy(zero_copy_only=False)
    paths = [sheet.bare_names(_ROLES[name], bare) for name in ("photo", "file")]
    return media, pc.coalesce(named, *paths), size
