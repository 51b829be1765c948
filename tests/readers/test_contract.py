"""Every reader keeps to the contract, shown on the examples that it brings."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
import zstandard

from warehouse.parsing.format import Example
from warehouse.readers import formats

_CASES = [
    pytest.param(name, example, id=f"{name}-{number}")
    for name, each in formats().items()
    for number, example in enumerate(each.examples())
]


def test_every_reader_brings_examples() -> None:
    assert {name for name, each in formats().items() if not each.examples()} == set()


@pytest.mark.parametrize(("name", "example"), _CASES)
def test_example(load: Callable[..., Any], name: str, example: Example) -> None:
    found = load(example.content)
    assert found.source.format == name
    assert len(found.rows) == len(example.rows)
    for row, wanted in zip(found.rows, example.rows, strict=True):
        assert {key: row[key] for key in wanted} == dict(wanted)
    assert len(found.quarantine) == example.quarantined
    assert found.report.unknown_fields == dict(example.unknown)
    assert found.report.complete


@pytest.mark.parametrize(("name", "example"), _CASES)
def test_compressed_is_the_same(load: Callable[..., Any], name: str, example: Example) -> None:
    plain = load(example.content)
    packed = {
        "gzip": gzip.compress(example.content),
        "zstd": zstandard.ZstdCompressor().compress(example.content),
    }
    for compression, content in packed.items():
        found = load(content)
        assert (found.source.compression, found.source.format) == (compression, name)
        # Where nothing names a channel or message, the file's own hash does.
        assert [_apart(row) for row in found.rows] == [_apart(row) for row in plain.rows]
        assert found.report.complete


def _apart(row: dict[str, Any]) -> dict[str, Any]:
    own = row["channel_key"].startswith("file:")
    return row | ({"channel_key": "file"} if own else {})


@pytest.mark.parametrize(("name", "example"), _CASES)
def test_batches_of_any_size_hold_the_same(
    load: Callable[..., Any], name: str, example: Example
) -> None:
    large, small = load(example.content), load(example.content, batch_rows=1)
    assert large.rows == small.rows
    assert large.quarantine == small.quarantine
    assert large.channels == small.channels


@pytest.mark.parametrize(("name", "example"), _CASES)
def test_truncated_files_are_read_as_far_as_they_go(
    load: Callable[..., Any], name: str, example: Example
) -> None:
    whole = load(example.content)
    seen = {(row["text"], row["position"]) for row in whole.rows}
    for cut in range(1, len(example.content), max(1, len(example.content) // 40)):
        found = load(example.content[:cut])
        if found.source.format == name:
            assert len(found.rows) <= len(whole.rows)
        if name not in ("plain_csv", "fourcat_csv", "plain_parquet"):  # a text cut is a text
            assert {(r["text"], r["position"]) for r in found.rows} <= seen
