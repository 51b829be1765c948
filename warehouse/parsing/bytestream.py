"""A file as a stream of bounded pieces of UTF-8 bytes, decompressed on the way."""

from __future__ import annotations

import codecs
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import zstandard

#: Bytes read from disk, and at most handed on, at a time; twice as many of a file that is not
#: compressed.
PIECE = 1 << 20

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

#: A kilobyte of Zstandard can hold 32 MB of repeated bytes, and its Python object gives no way to
#: stop half-way: so it is fed in small sips.
_SIP = 2048

#: The largest window accepted, the default limit of the zstd tool.
_WINDOW = 1 << 27


class StreamDamagedError(Exception):
    """The stream ends or breaks before its time; all that could be read has been handed on."""


def compression_of(head: bytes) -> str | None:
    """Tell the compression by the first bytes.

    >>> compression_of(b"\\x1f\\x8b\\x08"), compression_of(b"{}")
    ('gzip', None)
    """
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    if head.startswith(ZSTD_MAGIC) or _is_skippable(head):
        return "zstd"
    return None


def digest(path: Path) -> tuple[str, int]:
    """SHA-256 (hex) and size in bytes of a file as it lies on disk."""
    total, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            total.update(piece)
            size += len(piece)
    return total.hexdigest(), size


def pieces(path: Path, compression: str | None) -> Iterator[bytes]:
    """Yield the file's content, decompressed, in pieces of bounded size.

    Raises:
        StreamDamagedError: after the last readable piece, when the compressed stream is
            truncated, corrupt, or followed by something else.
        OSError: when the file cannot be opened or read.
    """
    with path.open("rb") as file:
        if compression == "gzip":
            yield from _gunzip(file)
        elif compression == "zstd":
            yield from _joined(_unzstd(file))
        else:
            while piece := file.read(2 * PIECE):
                yield piece


def utf8_pieces(stream: Iterator[bytes]) -> Iterator[bytes]:
    """The same text as UTF-8 without a byte order mark; UTF-16 is told by its mark or zeros.

    >>> list(utf8_pieces(iter([codecs.BOM_UTF16_LE, "{}".encode("utf-16-le")])))
    [b'{}']
    """
    head, damage = b"", None
    try:
        for piece in stream:
            head += piece
            if len(head) >= 4:
                break
    except StreamDamagedError as error:
        damage = error
    encoding = utf16_of(head)
    if encoding is None:
        if first := head.removeprefix(codecs.BOM_UTF8):
            yield first
        if damage:
            raise damage
        yield from stream
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(head).removeprefix("\ufeff").encode()
    if damage:
        raise damage
    for piece in stream:
        if text := decoder.decode(piece):
            yield text.encode()
    if tail := decoder.decode(b"", final=True):
        yield tail.encode()


def utf16_of(head: bytes) -> str | None:
    """The UTF-16 encoding that the first bytes of a text speak for, or None.

    >>> utf16_of(b"\\xff\\xfe{\\x00"), utf16_of(b"{\\x00}\\x00"), utf16_of(b"{}")
    ('utf-16-le', 'utf-16-le', None)
    """
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    start = head[:4]
    if len(start) == 4 and start[1] == start[3] == 0 and start[0] and start[2]:
        return "utf-16-le"
    if len(start) == 4 and start[0] == start[2] == 0 and start[1] and start[3]:
        return "utf-16-be"
    return None


def _gunzip(file: BinaryIO) -> Iterator[bytes]:
    """Decompress one gzip member after the other."""
    pending = file.read(PIECE)
    while pending:
        if not GZIP_MAGIC.startswith(pending[:2]):
            if not pending.strip(b"\0"):  # tapes and block devices pad with zeros
                pending = file.read(PIECE)
                continue
            raise StreamDamagedError("something that is not gzip follows the gzip data")
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            if not pending:
                raise StreamDamagedError("the gzip data ends before its end mark (truncated)")
            try:
                data = member.decompress(pending, PIECE)
            except zlib.error as error:
                raise StreamDamagedError(f"the gzip data is corrupt: {error}") from error
            if data:
                yield data
            pending = member.unconsumed_tail or (b"" if member.eof else file.read(PIECE))
        pending = member.unused_data or file.read(PIECE)


def _unzstd(file: BinaryIO) -> Iterator[bytes]:
    """Decompress one Zstandard frame after the other."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    pending = file.read(_SIP)
    while pending:
        if len(pending) < 4:
            pending += file.read(_SIP)
        if not pending.startswith(ZSTD_MAGIC) and not _is_skippable(pending):
            raise StreamDamagedError("something that is not Zstandard follows the Zstandard data")
        frame = decompressor.decompressobj()
        while not frame.eof:
            if not pending:
                raise StreamDamagedError("the Zstandard data ends inside a frame (truncated)")
            try:
                data = frame.decompress(pending)
            except zstandard.ZstdError as error:
                raise StreamDamagedError(f"the Zstandard data is corrupt: {error}") from error
            for start in range(0, len(data), PIECE):
                yield data[start : start + PIECE]
            pending = b"" if frame.eof else file.read(_SIP)
        pending = frame.unused_data or file.read(_SIP)


def _joined(small: Iterator[bytes]) -> Iterator[bytes]:
    """The same content in fewer pieces, none larger than ``PIECE``: each costs whoever reads it."""
    held: list[bytes] = []
    size = 0
    try:
        for piece in small:
            if size + len(piece) > PIECE:
                yield b"".join(held)
                held, size = [], 0
            held.append(piece)
            size += len(piece)
    except StreamDamagedError:
        if held:
            yield b"".join(held)
        raise
    if held:
        yield b"".join(held)


def _is_skippable(head: bytes) -> bool:
    """Whether a Zstandard skippable frame starts here."""
    return len(head) >= 4 and head[0] & 0xF0 == 0x50 and head[1:4] == b"\x2a\x4d\x18"
