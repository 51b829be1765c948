"""Many rows with columns of any name at once; what is unusual goes the way of ``plain``.

Every column here says the same as :meth:`Plain.items`, or marks the row as odd.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.parsing import tokens
from warehouse.parsing.compiled import Ints
from warehouse.parsing.names import Known
from warehouse.parsing.plain import ALIASES, NoTextError, Plain
from warehouse.parsing.records import Many
from warehouse.parsing.sheet import (
    Mask,
    Sheet,
    basis_array,
    int_array,
    numbered,
    time_array,
)
from warehouse.schemas import MESSAGES

_ROLES = {name: role for role, name in enumerate(ALIASES)}
_EXTRA, _NEW = len(_ROLES), len(_ROLES) + 1

#: So many names fit the bits by which the shapes of rows are told apart, and so many shapes.
MOST_NAMES = 63
_MOST_SHAPES = 64


def plain_rows(sheet: Sheet, many: Many, known: Known, plain: Plain, first: int) -> pa.RecordBatch:
    """The rows of a sheet of ``many``, numbered from ``first``; those that are ``sheet.odd`` mean
    nothing."""
    count, tally = sheet.rows, plain.source.tally
    sheet.assign(*_shapes(sheet, known, plain), len(_ROLES))
    numbers, own_ids = sheet.integers(_ROLES["id"])
    sent, bases = sheet.times(_ROLES["date"], plain.naive)
    edited, edited_bases = sheet.times(_ROLES["edited"], plain.naive)
    sheet.mark(~sheet.has(_ROLES["text"]))
    text, entities = sheet.texts(_ROLES["text"])
    new = sheet.members([_NEW], keep_empty=False)
    sheet.mark(new.is_valid().to_numpy(zero_copy_only=False))
    for name in ("channel_name", "channel_username"):
        sheet.strings(_ROLES[name])  # taken, and not kept
    null_text = pa.nulls(count, pa.string())
    no_number = pa.nulls(count, pa.int64())
    no_time = pa.nulls(count, MESSAGES.field("forwarded_at").type)
    columns = {
        "channel_key": _channels(sheet, plain, own_ids),
        "message_id": pa.array(np.where(own_ids, numbers, np.arange(first, first + count))),
        "kind": pa.repeat(pa.scalar("message"), count),
        "sent_at": time_array(sent, bases),
        "edited_at": time_array(edited, edited_bases),
        "time_basis": basis_array(bases),
        "author_id": _authors(sheet),
        "author_name": sheet.strings(_ROLES["author"]),
        "signature": null_text,
        "forwarded_from_id": null_text,
        "forwarded_from_name": sheet.strings(_ROLES["forwarded_from"]),
        "forwarded_at": no_time,
        "reply_to_id": int_array(*sheet.integers(_ROLES["reply_to"])),
        "reply_to_channel": null_text,
        "via_bot": null_text,
        "text": text,
        "entities": entities,
        "media_type": sheet.strings(_ROLES["media_type"]),
        "media_name": sheet.strings(_ROLES["media_name"]),
        "media_mime": null_text,
        "media_bytes": no_number,
        "views": int_array(*sheet.integers(_ROLES["views"])),
        "forwards": int_array(*sheet.integers(_ROLES["forwards"])),
        "reactions": sheet.no_reactions(),
        "action": null_text,
        "details": null_text,
        "extra": sheet.members([_EXTRA], keep_empty=False),
        "position": numbered(many.before, many.numbers, many.after),
    }
    for field, found in enumerate(sheet.counts(_EXTRA, keep_empty=False).tolist()):
        if found:
            tally.unknown[known.names[field]] += found
    return pa.RecordBatch.from_arrays([columns[name] for name in MESSAGES.names], schema=MESSAGES)


def _shapes(sheet: Sheet, known: Known, plain: Plain) -> tuple[npt.NDArray[np.int16], Ints]:
    """The roles of the fields in each shape of row, and the shape of each row.

    A shape is which names a row has. What a name means may depend on which others there are.
    """
    masks, shapes = np.unique(sheet.tape.masks, return_inverse=True)
    roles = np.full((min(len(masks), _MOST_SHAPES) + 1, max(1, len(known.names))), -1, np.int16)
    folded = [name.strip().lower() for name in known.names]
    for shape, mask in enumerate(masks.tolist()[:_MOST_SHAPES], 1):
        fields = [field for field in range(len(known.names)) if mask >> field & 1]
        if len({folded[field] for field in fields}) < len(fields):
            continue  # then their order counts
        try:
            where = plain.layout(dict.fromkeys(known.names[field] for field in fields))
        except NoTextError:
            continue
        for field in fields:
            roles[shape, field] = _role(known.names[field], where, plain)
    return roles, np.where(shapes < _MOST_SHAPES, shapes + 1, 0)


def _role(name: str, where: Mapping[str, str], plain: Plain) -> int:
    """The role of a name. A field that is new is counted first on the general path, which sees to
    it that the counts stay bounded."""
    ours = [each for each, theirs in where.items() if theirs == name]
    if ours:
        return _ROLES[ours[0]] if len(ours) == 1 else -1
    return _EXTRA if name in plain.source.tally.unknown else _NEW


def _channels(sheet: Sheet, plain: Plain, own_ids: Mask) -> pa.Array:
    """The key of each row's channel. Of a channel that is new one row is odd, the first that is not
    odd for another reason: on the general path it tells what is known of the channel."""
    role = _ROLES["channel"]
    encoded = sheet.raw(role).dictionary_encode()
    given = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(len(given)).to_numpy(zero_copy_only=False)
    kinds = sheet.kinds(role)
    sheet.mark((codes == len(given)) & (kinds != tokens.BAD) & (kinds != tokens.NULL))
    names = [*(each[1:] if each[:1] == '"' else int(each) for each in given), ""]
    blank = [isinstance(name, str) and name != "" and not name.strip() for name in names]
    keys = [
        plain.channel({"": name}, {"channel": ""}, own_ids=own)[0]
        for own in (False, True)
        for name in names
    ]
    which = codes + np.where(own_ids, len(names), 0)
    told = np.array([key in plain.told for key in keys])
    sheet.mark(np.array(blank)[codes])  # a blank name is kept as it is
    new = np.flatnonzero(~told[which] & (sheet.odd == 0))
    telling = np.zeros(sheet.rows, np.bool_)
    telling[new[np.unique(which[new], return_index=True)[1]]] = True
    sheet.mark(telling)
    return pa.array(keys).take(pa.array(which))


def _authors(sheet: Sheet) -> pa.Array:
    """Authors by name or number."""
    role = _ROLES["author_id"]
    if not sheet.present[role]:
        return pa.nulls(sheet.rows, pa.string())
    kinds = sheet.kinds(role)
    numbers, numbered_ = sheet.integers(role, kinds == tokens.INTEGER)
    named = sheet.strings(role, kinds != tokens.INTEGER)
    long = pc.greater(pc.binary_length(named), 255).fill_null(False)
    sheet.mark(long.to_numpy(zero_copy_only=False))
    digits = int_array(numbers, numbered_ & (numbers != 0)).cast(pa.string())
    return pc.coalesce(named, digits)
