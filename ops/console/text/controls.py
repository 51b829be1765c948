"""Characters that cannot be seen: which they are, their names, when they do honest work."""

from __future__ import annotations

import re
import unicodedata

#: Short names for the sign that stands beside a character; others are shown by number.
SHORT = {
    0x00AD: "SHY", 0x034F: "CGJ", 0x061C: "ALM", 0x180E: "MVS", 0x200B: "ZWSP", 0x200C: "ZWNJ",
    0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0x2028: "LS", 0x2029: "PS", 0x202A: "LRE",
    0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO", 0x2060: "WJ", 0x2066: "LRI",
    0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0xFEFF: "BOM",
}  # fmt: skip

# Format characters (Cf) but for those with a shape of their own, and what else leaves no ink
# (Default_Ignorable_Code_Point of Unicode, and the empty Braille cell).
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# What a page does not carry, or what must not reach a terminal through the clipboard.
_FOREIGN = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"

UNSEEN = re.compile(f"[{_UNSEEN}]")
FOREIGN = re.compile(f"[{_FOREIGN}]")
NOTABLE = re.compile(f"[{_UNSEEN}{_FOREIGN}]")

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_FLAG_LONGEST = 8
_VIRAMA = 9  # canonical combining class
#: How far back the letter is looked for that a joiner joins; between them lie vowel signs.
_REACH = 4


def short(letter: str) -> str:
    """The name on the sign.

    >>> short("\\u202e"), short("\\ufe01"), short("\\U000e0041"), short("\\u2061")
    ('RLO', 'VS2', 'TAG', 'U+2061')
    """
    code = ord(letter)
    if 0xFE00 <= code <= 0xFE0F:
        return f"VS{code - 0xFE00 + 1}"
    if 0xE0100 <= code <= 0xE01EF:
        return f"VS{code - 0xE0100 + 17}"
    if 0xE0000 <= code <= 0xE007F:
        return "TAG"
    return SHORT.get(code, f"U+{code:04X}")


def name(letter: str) -> str:
    """The name in words, for who points at a sign or has it read out.

    >>> name("\\u202e"), name("\\x1b")
    ('right-to-left override', 'control character U+001B')
    """
    category = unicodedata.category(letter)
    if category == "Cs":
        return f"half of a surrogate pair U+{ord(letter):04X}"
    if category == "Cc":
        return f"control character U+{ord(letter):04X}"
    return unicodedata.name(letter, f"invisible character U+{ord(letter):04X}").lower()


def stand_in(letter: str) -> str:
    """The one visible character in place of one that a page does not carry.

    >>> stand_in("\\x00"), stand_in("\\x7f"), stand_in("\\x85")
    ('␀', '␡', '\ufffd')
    """
    code = ord(letter)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def at_work(text: str, place: int) -> bool:
    """Whether an invisible character does what it is there for, and needs no sign.

    Joiners between letters of a joining script or the parts of an emoji, variation selectors
    after what has variants, tags that name a flag.

    >>> at_work("می\u200cخواهم", 2), at_work("a\u200cb", 1)
    (True, False)
    """
    letter = text[place]
    code = ord(letter)
    if letter in (_ZWNJ, _ZWJ):
        return _joins(text, place)
    if code in (0xFE0E, 0xFE0F):
        before = text[place - 1] if place else ""
        return before in _KEYS or (before != "" and pictograph(before))
    if 0xFE00 <= code <= 0xFE0D or 0xE0100 <= code <= 0xE01EF:
        return place > 0 and unicodedata.category(text[place - 1]) in ("Lo", "Sm")
    if 0xE0020 <= code <= 0xE007F:
        return _flies(text, place)
    return False


_KEYS = tuple("0123456789#*\u203c\u2049\u3030\u303d\u00a9\u00ae")


def pictograph(letter: str) -> bool:
    """Whether a character may be part of an emoji."""
    return "\U0001f000" <= letter <= "\U0001faff" or unicodedata.category(letter) in ("So", "Sm")


def _joins(text: str, place: int) -> bool:
    before = place - 1
    least = max(place - _REACH, 0)
    if before >= 0 and unicodedata.combining(text[before]) == _VIRAMA:
        return True
    after = text[place + 1] if place + 1 < len(text) else ""
    emoji = before >= 0 and (text[before] in "\ufe0f\u20e3" or pictograph(text[before]))
    if text[place] == _ZWJ and emoji and after and pictograph(after):
        return True
    while before > least and unicodedata.category(text[before]) == "Mn":
        before -= 1
    if before < 0 or unicodedata.bidirectional(text[before]) != "AL":
        return False
    # A letter in its joined form may stand alone: the sign of the Hijri year is one.
    return text[place] == _ZWJ or (after != "" and unicodedata.bidirectional(after) == "AL")


def _flies(text: str, place: int) -> bool:
    flag = text.rfind("\U0001f3f4", max(place - _FLAG_LONGEST, 0), place)
    found = _FLAG.match(text, flag) if flag >= 0 else None
    return found is not None and place < found.end()
