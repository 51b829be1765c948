"""Damage to what is no text: compressed streams, archives, Parquet files; and bombs."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from random import Random

import zstandard

from ops.campaigns.fuzz.mutations import Mutation, bit_flips, pieces, splicing, truncation

#: What a bomb unpacks to: bounded, because somebody has to wait for it.
_BOMB = (8 << 20, 24 << 20, 96 << 20)
_MAGIC = b"PAR1"
_FILLINGS = (
    b"\0", b"[", b'{"a":', b'{"id": 1, "text": "a"}\n', b'"', b"a,b\n", b" ", b"\n", b"\xff",
    b'{"messages": [', b'[{"id": 1, "type": "message", "text": ""}, ',
)  # fmt: skip


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)


def _zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(content)


def _zip(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("result.json", (2024, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "zstd": _zstd, "zip": _zip}


def packed(content: bytes, chance: Random) -> bytes:
    """Compressed, and as a rule damaged after that."""
    name = chance.choices(("gzip", "zstd", "zip"), (45, 45, 10))[0]
    found = PACKERS[name](content)
    if chance.random() < 0.15:
        found += PACKERS[name](content) if chance.random() < 0.5 else b"\0" * 600
    if chance.random() < 0.1:
        found = chance.choice((_gzip, _zstd))(found)
    if chance.random() < 0.7:
        found = chance.choice((bit_flips, truncation, pieces))(found, chance)
    return found


def bomb(_: bytes, chance: Random) -> bytes:
    """Little that unpacks to much: of nothing, of brackets, of messages."""
    size = chance.choices(_BOMB, (80, 18, 2))[0]
    filling = chance.choice(_FILLINGS)
    found = filling * (size // len(filling))
    if chance.random() < 0.5:
        return _zstd(found)
    return gzip.compress(found, 1, mtime=0)


def parquet(content: bytes, chance: Random) -> bytes:
    """The footer, its length, its pages, or its marks."""
    if not content.endswith(_MAGIC):
        return _MAGIC + content + struct.pack("<I", chance.randrange(1 << 32)) + _MAGIC
    length = struct.unpack("<I", content[-8:-4])[0]
    footer = max(4, len(content) - 8 - length)
    body, foot = content[:footer], content[footer:-8]
    how = chance.randrange(6)
    if how == 0:
        lengths = (0, 1, length - 1, length + 1, len(content), (1 << 31) - 1, (1 << 32) - 1)
        return body + foot + struct.pack("<I", chance.choice(lengths)) + _MAGIC
    if how == 1:
        foot = bit_flips(foot, chance)
    elif how == 2:
        foot = pieces(foot, chance)
    elif how == 3:
        body = bit_flips(body, chance)
    elif how == 4:
        foot = splicing(foot, chance)
    else:
        return chance.choice((truncation, bit_flips))(content, chance)
    return body + foot + struct.pack("<I", len(foot)) + _MAGIC


BINARY: dict[str, Mutation] = {"packed": packed, "bomb": bomb, "Parquet": parquet}
