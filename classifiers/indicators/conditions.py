"""The detectors' shapes and the characters of the text, as tables for the compiled scan."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.codepoints import PLANES, Bytes, Codepoints
from classifiers.indicators.base import Detector
from classifiers.indicators.nearby import bit_of
from classifiers.indicators.plain import plain_character
from classifiers.indicators.shapes import ALNUM, DIGITS, Shape

Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

#: The codes of characters that stand in no shape, and of those that detectors do not see. ASCII
#: characters are their own codes, the others that shapes name have codes between.
OTHER, DROPPED = 254, 255
INSIDE = 256
#: Characters that an ending has, where a shape has one.
ENDING = 3


SHAPE = np.dtype(
    [
        *(("first", np.int32), ("last", np.int32)),  # its parts: first to last
        *(("gaps", np.int32), ("not_after", np.int32), ("second", np.int32)),  # sets
        *(("digits", np.int32), ("jumble", np.int32)),
        ("ending", np.int32, ENDING),  # sets; -1: any
        *(("words", np.int32), ("reach", np.int32)),  # words: bits of the lists; 0: none needed
        ("detector", np.int32),
    ]
)
PART = np.dtype([("characters", np.int32), ("least", np.int32), ("most", np.int32)])


class Characters(NamedTuple):
    """By code point: the plain character (-1: dropped) and its code."""

    plain: Codepoints
    code: Bytes


class Conditions(NamedTuple):
    """All shapes, as records; sets of characters are rows of ``member``."""

    member: Flags  # (sets, 256): whether the code is in the set
    begins: Indices  # begins[bounds[key]:bounds[key + 1]] are shapes that may begin with a key:
    bounds: Indices  # a code, or behind a letter or digit the code and INSIDE
    some: Bytes  # by key: whether there are any
    need: Indices  # by key: the digits that the least demanding of them asks for
    alphanumeric: Indices  # by code: 0 or INSIDE
    shapes: npt.NDArray[np.void]
    parts: npt.NDArray[np.void]
    always: Flags  # by detector: whether it has no shape


def tables(detectors: Sequence[Detector]) -> tuple[Characters, Conditions]:
    """Build the tables; takes some hundredths of a second.

    Raises:
        ValueError: a shape has an ending of another length than :data:`ENDING` or a part with one
            of its gaps, or the shapes name more different characters than there are codes.
    """
    shapes = [(place, shape) for place, one in enumerate(detectors) for shape in one.shapes]
    parts_of = [part for _, shape in shapes for part in shape.parts]
    if any(len(shape.ending) not in (0, ENDING) for _, shape in shapes):
        raise ValueError(f"a shape's ending must have {ENDING} characters or none")
    if any(set(part.characters) & set(shape.gaps) for _, shape in shapes for part in shape.parts):
        raise ValueError("no part of a shape can take one of its gaps")
    numbers: dict[str, int] = {}

    def number(characters: str) -> int:
        return numbers.setdefault(characters, len(numbers))

    parts = np.array([(number(chars), *sizes) for chars, *sizes in parts_of], PART)
    ends = np.cumsum([0, *(len(shape.parts) for _, shape in shapes)])
    rows = np.zeros(len(shapes), SHAPE)
    rows["first"], rows["last"] = ends[:-1], ends[1:]
    for row, (place, shape) in zip(rows, shapes, strict=True):
        row["gaps"] = number(shape.gaps)
        row["not_after"] = number(shape.not_after)
        row["second"] = number(_second(shape))
        row["digits"] = max(shape.digits, _digits(shape))
        row["jumble"] = shape.jumble
        row["ending"] = [number(char + char.upper()) for char in shape.ending] or -1
        row["words"] = bit_of(shape.words) if shape.words else 0
        row["reach"] = shape.reach
        row["detector"] = place
    codes = _codes(numbers)
    member = np.zeros((len(numbers), INSIDE), np.bool_)
    for characters, place in numbers.items():
        member[place, [codes[char] for char in characters]] = True
    apart = np.array([set(ALNUM) <= set(shape.not_after) for _, shape in shapes], np.bool_)
    first = member[parts["characters"][ends[:-1]]]
    begin = [np.flatnonzero(first[:, code]) for code in range(INSIDE)]
    begin += [some[~apart[some]] for some in begin]
    return _characters(codes), Conditions(
        member=member,
        begins=np.concatenate(begin).astype(np.int32),
        bounds=np.cumsum([0, *map(len, begin)]).astype(np.int32),
        some=np.array([some.size > 0 for some in begin], np.uint8),
        need=np.array([rows["digits"][some].min(initial=999) for some in begin], np.int32),
        alphanumeric=np.array([INSIDE if chr(c) in ALNUM else 0 for c in range(INSIDE)], np.int32),
        shapes=rows,
        parts=parts,
        always=np.array([not one.shapes for one in detectors], np.bool_),
    )


def _second(shape: Shape) -> str:
    """What may follow the first character of the shape at once."""
    allowed = set(shape.gaps)
    for place, part in enumerate(shape.parts):
        if place or part.most > 1:
            allowed.update(part.characters)
            if part.least > (place == 0):
                break
    return "".join(sorted(allowed))


def _digits(shape: Shape) -> int:
    """Digits that the parts alone ask for."""
    return sum(part.least for part in shape.parts if set(part.characters) <= set(DIGITS))


def _codes(characters: Iterable[str]) -> dict[str, int]:
    codes = {chr(code): code for code in range(128)}
    for char in sorted(set().union(*characters)):
        codes.setdefault(char, len(codes))
    if len(codes) > OTHER:
        raise ValueError("the detectors' shapes name too many different characters")
    return codes


def _characters(codes: dict[str, int]) -> Characters:
    plain = np.arange(PLANES, dtype=np.int32)
    code = np.full(PLANES, OTHER, np.uint8)
    # Ideographs, Hangul and private use stay what they are, and no shape names one.
    for place in itertools.chain(
        range(0x3400), range(0xA000, 0xAC00), range(0xD7A4, 0xE000), range(0xF900, 0x17000),
        range(0x1AFF0, PLANES),
    ):  # fmt: skip
        char = plain_character(chr(place))
        plain[place] = -1 if char is None else ord(char)
        code[place] = DROPPED if char is None else codes.get(char, OTHER)
    return Characters(plain, code)
