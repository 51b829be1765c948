"""Files as they lie on disk: compressed, cut, mixed, hostile, and far larger than memory."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from warehouse.parsing.bytestream import StreamDamagedError, pieces, utf8_pieces
from warehouse.parsing.lines import lines
from warehouse.reading import Source, SourceReport, discover, identify, read

Load = Callable[..., Any]

_CHAT = json.dumps(
    {
        "name": "N",
        "type": "public_channel",
        "id": 7,
        "messages": [{"id": n, "type": "message", "text": f"text {n}"} for n in range(1, 1000)],
    }
).encode()


def _zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


# -- compression ----------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [gzip.compress, _zstd])
def test_several_members_are_one_stream(load: Load, pack: Callable[[bytes], bytes]) -> None:
    found = load(pack(_CHAT[:500]) + pack(b"") + pack(_CHAT[500:]))
    assert len(found.rows) == 999
    assert found.report.complete


@pytest.mark.parametrize("pack", [gzip.compress, _zstd])
def test_a_truncated_stream_keeps_what_was_read(load: Load, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(_CHAT)
    found = load(pack(_CHAT[:3000]) + packed[: len(packed) // 2])
    assert len(found.rows) > 10
    assert "truncated" in found.quarantine[-1]["reason"]
    assert found.quarantine[-1]["byte_offset"] >= 2900
    assert not found.report.complete


@pytest.mark.parametrize("pack", [gzip.compress, _zstd])
def test_what_follows_a_stream_and_is_none_is_told(
    load: Load, pack: Callable[[bytes], bytes]
) -> None:
    found = load(pack(_CHAT[:-2]) + b"rubbish")
    assert len(found.rows) == 999
    assert "follows" in found.quarantine[-1]["reason"]


def test_zeros_behind_gzip_and_skippable_frames_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(b"abc") + b"\0" * 1000)
    assert b"".join(pieces(path, "gzip")) == b"abc"
    skippable = b"\x50\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"xyz"
    path.write_bytes(skippable + _zstd(b"abc") + skippable + _zstd(b"def"))
    assert b"".join(pieces(path, "zstd")) == b"abcdef"


@pytest.mark.parametrize("pack", [gzip.compress, _zstd])
def test_a_bomb_comes_in_pieces(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "file"
    path.write_bytes(pack(b"\0" * (64 << 20)))
    kind = "gzip" if pack is gzip.compress else "zstd"
    sizes = [len(piece) for piece in pieces(path, kind)]
    assert sum(sizes) == 64 << 20
    assert max(sizes) <= 1 << 20


def test_utf16_is_read(load: Load) -> None:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        found = load(_CHAT.decode().encode(encoding))
        assert (found.source.format, len(found.rows)) == ("telegram_desktop", 999)
    assert load(b"\xef\xbb\xbf" + _CHAT).report.complete


def test_damage_to_the_stream_comes_after_what_was_good() -> None:
    def broken() -> Any:
        yield b"ab"
        raise StreamDamagedError("cut")

    stream = utf8_pieces(broken())
    assert next(stream) == b"ab"
    with pytest.raises(StreamDamagedError):
        next(stream)
    [line] = lines(broken(), 100)
    assert (line.data, line.reason) == (b"ab", "the file ends inside this line: cut")


def test_lines_of_any_length_are_bounded() -> None:
    found = list(lines(iter([b"a" * 70, b"a" * 70 + b"\nbb\n", b"c" * 99]), 80))
    assert [(line.number, len(line.data), line.reason is None) for line in found] == [
        (1, 140, False),
        (2, 2, True),
        (3, 99, False),
    ]


# -- files that nobody reads ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "binary"),
        (b"Dear reader\nthis is a letter.\n", "no reader recognises it"),
        (b"[" * 100_000, "no reader recognises it"),
        (b'{"a": 1,', "no column holds the text"),
        (gzip.compress(b"")[:5], "nothing could be decompressed"),
        (b"PAR1PAR1", "cannot be read further"),
    ],
    ids=["empty", "blank", "binary", "prose", "deep", "object", "gzip", "parquet"],
)
def test_a_file_that_nobody_reads_is_one_item(load: Load, content: bytes, reason: str) -> None:
    found = load(content)
    assert not found.rows
    [item] = found.quarantine
    assert item["position"] == "file"
    assert reason in item["reason"]
    assert not found.report.complete


def test_a_file_that_is_gone_or_no_file_is_one_item(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name, reason in (
        ("gone", "No such file"),
        ("pipe", "not a regular file"),
        ("link", "No such"),
    ):
        batch, report = read(identify(tmp_path / name))
        assert reason in batch.quarantine.column("reason")[0].as_py()  # type: ignore[union-attr]
        assert isinstance(report, SourceReport)
        assert (report.items_read, report.quarantined) == (1, 1)


def test_a_file_that_grows_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(_CHAT)
    source: Source = identify(path)
    path.write_bytes(_CHAT + b"\n")
    *_, report = read(source)
    assert isinstance(report, SourceReport)
    assert not report.complete
    assert report.changed
    assert "changed" in report.warnings[0]


def test_of_a_file_cut_off_while_it_is_read_only_its_own_bytes_are_handed_on(
    tmp_path: Path,
) -> None:
    lines = [b'{"id": %d, "channel": "@a", "text": "%s"}\n' % (n, b"x" * 99_000) for n in range(60)]
    path = tmp_path / "file.ndjson"
    path.write_bytes(b"".join(lines))
    items = read(identify(path), batch_rows=5)
    whole = [next(items)]
    os.truncate(path, sum(map(len, lines[:30])) + 40)
    *batches, report = whole + list(items)
    assert isinstance(report, SourceReport)
    assert report.changed
    found = [number for batch in batches for number in batch.messages["message_id"].to_pylist()]  # type: ignore[union-attr]
    assert found == list(range(5))
    assert (report.items_read, report.quarantined) == (5, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"timezone": "Mars/Olympus"}, "Mars"), ({"chats": "some"}, "channels_and_groups")],
)
def test_options_that_mean_nothing_are_refused(load: Load, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(_CHAT, **options)


# -- folders --------------------------------------------------------------------------------


def test_a_folder_is_searched_and_what_is_no_export_left_aside(tmp_path: Path) -> None:
    root = tmp_path / "exports"
    (root / "deep" / "er").mkdir(parents=True)
    (tmp_path / "outside.json").write_bytes(_CHAT)
    (root / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" * 5)
    (root / "really.jpg").write_bytes(_CHAT)
    (root / "deep" / "er" / "result.json").write_bytes(_CHAT)
    (root / "deep" / "packed").write_bytes(_zstd(_CHAT))
    (root / "notes.txt").write_text("just words\n")
    (root / ".hidden.json").write_bytes(_CHAT)
    (root / "messages.html").write_text("<!DOCTYPE html><html></html>")
    (root / "page").write_text("  <html></html>")
    (root / "style.css").write_text("a { b: c }")
    (root / "empty.json").write_bytes(b"")
    (root / "gold.ndjson").write_text(
        '{"channel_key": "tg:7", "message_id": 1, "text_sha256": "0"}'
    )
    (root / "channels.csv").write_text("channel,actor\n1,ttp\n")
    (root / "out.json").symlink_to(tmp_path / "outside.json")
    (root / "in.json").symlink_to(root / "really.jpg")
    (root / "loop").symlink_to(root)
    found = discover([root])
    names = [str(path.relative_to(root)) for path in found.files]
    assert names == ["deep/er/result.json", "deep/packed", "in.json", "notes.txt", "really.jpg"]
    ignored = {path.name: why for path, why in found.ignored}
    assert ignored == {
        "photo.jpg": "media or another binary file",
        ".hidden.json": "hidden",
        "messages.html": "part of a web page",
        "page": "part of a web page",
        "style.css": "part of a web page",
        "empty.json": "empty",
        "gold.ndjson": "gold labels",
        "channels.csv": "affiliations of channels",
        "out.json": "a link that leads out of the folder",
        "loop": "a link to a folder",
    }
    assert discover([root / "photo.jpg"]).files == [root / "photo.jpg"]


def test_a_path_that_does_not_exist_is_named_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_bytes(_CHAT)
    with pytest.raises(FileNotFoundError, match=r"did you mean .*result\.json"):
        discover([tmp_path / "resutl.json"])


# -- size -----------------------------------------------------------------------------------

# An account whose personal data is large, and whose chat tells only at its end which it is.
_GROW = textwrap.dedent(
    """
    import re, sys
    from pathlib import Path
    from warehouse.reading import identify, read

    def megabytes(what):
        status = Path("/proc/self/status").read_text()
        return int(re.search(what + r":\\s+([0-9]+)", status)[1]) >> 10

    def write(path, count):
        text = "word " * 400
        with path.open("w") as file:
            file.write('{"about":"","contacts":{"list":["' + "x" * 20_000_000 + '"]},')
            file.write('"chats":{"list":[{"messages":[')
            for number in range(count):
                file.write("," * (number > 0) + '{"id":%d,"text":"%s"}' % (number, text))
            file.write('],"name":"N","type":"public_channel","id":7}]}}')

    def rows_of(path):
        batches = read(identify(path), batch_rows=2000)
        return sum(batch.messages.num_rows for batch in batches if hasattr(batch, "messages"))

    path = Path(sys.argv[1])
    write(path, 10)
    rows_of(path)
    write(path, 50_000)
    before = megabytes("VmRSS")
    print(rows_of(path), path.stat().st_size >> 20, megabytes("VmHWM") - before)
    """
)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _GROW, str(tmp_path / "big")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows, size, growth = map(int, done.stdout.split())
    assert rows == 50_000
    assert size > 110
    assert growth < 70


def test_broken_elements_do_not_make_it_quadratic(load: Load) -> None:
    # Every one of these begins a message that is never closed, each inside the one before.
    content = b'{"name":"N","type":"public_channel","id":7,"messages":['
    content += b'{"id": 1, "type": "message", "a": ' * 200_000
    found = load(content)
    assert not found.rows
    assert found.report.items_read == len(found.quarantine)
