"""Partitions of an encrypted warehouse: without the key nothing that they say is in any file."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import flows.duties.extract as slices
from flows.extracting import Extraction, extract
from flows.fanning import Fanout, fan_out_directly
from flows.partitions import opened, score_partition
from flows.pipeline import run_directly
from flows.scoring import Scoring
from flows.settings import Settings
from warehouse import encryption as keys
from warehouse.encryption import Encryption, KeyProblem
from warehouse.store import open_store

Export = Callable[..., Path]
SECRET = "zarqawi-lighthouse"
KEY = "0123456789abcdef" * 4


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "warehouse.key"
    file.write_text(KEY)
    monkeypatch.setenv(keys.KEY_FILE, str(file))
    monkeypatch.setenv(keys.ALLOW_MBEDTLS, "1")
    return file


@pytest.fixture
def landed(tmp_path: Path, export: Export, quick_scorer: Any, key: Path) -> Path:
    texts = {n: f"enemy {SECRET} {n}" for n in range(1, 61)}
    path = export(tmp_path / "in", texts, name=SECRET)
    quick_scorer.__class__.version = "first"
    run_directly(Settings(sources=(path,), warehouse=tmp_path / "w.duckdb"))
    shutil.rmtree(tmp_path / "in")
    quick_scorer.__class__.version = "second"
    return tmp_path / "w.duckdb"


def tables(folder: Path) -> list[pa.Table]:
    """The rows of the Parquet files of a folder, however they are stored, in order."""
    found = [pq.read_table(io.BytesIO(opened(str(path)))) for path in folder.iterdir()]
    plain = [table.replace_schema_metadata(None) for table in found]
    return sorted(plain, key=lambda table: str(table.slice(0, 1).to_pylist()))


def legible(folder: Path) -> list[str]:
    """The files that have a message in clear, or are Parquet to whoever finds them."""
    found = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if SECRET.encode() in data or b"PAR1" in data or b"ARROW1" in data:
            found.append(path.name)
    return found


def test_nothing_is_legible_and_the_rows_are_the_same(
    landed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    swept = slices._sweep

    def look(folder: Path) -> None:  # when a slice lies there
        assert list(folder.rglob("*.arrow"))
        found.extend(legible(folder))
        swept(folder)

    monkeypatch.setattr(slices, "_sweep", look)
    sealed, clear = tmp_path / "sealed", tmp_path / "clear"
    report = extract(Extraction(out=str(sealed / "in"), warehouse=landed, rows=20))
    assert (report.partitions, report.rows) == (3, 60)
    extract(Extraction(out=str(clear / "in"), warehouse=landed, rows=20, clear=True))
    wanted = Fanout(str(sealed / "in"), str(sealed / "out"), warehouse=landed)
    assert fan_out_directly(wanted).problems == ()
    assert found == []
    assert legible(sealed) == []
    assert {path.name[-15:] for path in (sealed / "out").iterdir()} == {".parquet.sealed"}

    in_clear = Fanout(str(clear / "in"), str(clear / "out"), clear=True)
    assert fan_out_directly(in_clear).problems == ()
    for folder in ("in", "out"):
        assert len(legible(clear / folder)) == 3
        assert tables(sealed / folder) == tables(clear / folder)

    # Written anew they are other bytes of the same rows: nothing is scored or landed again.
    for path in (sealed / "in").iterdir():
        former = path.read_bytes()
        path.write_bytes(Encryption(KEY).seal(opened(str(path))))
        assert path.read_bytes() != former
    again = fan_out_directly(wanted)
    assert (again.before, again.problems) == (3, ())
    with open_store(landed) as store:
        counted = "SELECT model_version, count(*) FROM base.analyses GROUP BY ALL"
        rows = dict(store.connection.execute(counted).fetchall())
    assert rows == {"first": 60, "second": 60}


def test_a_key_that_is_lost_or_another_begins_nothing(
    landed: Path, tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = tmp_path / "p", tmp_path / "r"
    extract(Extraction(out=str(source), warehouse=landed, rows=20))
    key.write_text("f" * 64)
    with pytest.raises(KeyProblem, match="another key encrypted it, or it is damaged") as other:
        fan_out_directly(Fanout(str(source), str(out)))
    assert other.value.exit_code == 3
    monkeypatch.delenv(keys.KEY_FILE)
    with pytest.raises(KeyProblem, match=r"is encrypted; name the file of its key with CHANNEL"):
        fan_out_directly(Fanout(str(source), str(out)))
    assert not out.exists()


def test_a_worker_without_the_key_refuses_and_says_so(
    landed: Path, tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where what it reads is in clear: it would write the answers in clear."""
    pq.write_table(pa.table({"text": [f"enemy {SECRET}"]}), tmp_path / "a.parquet")
    how = Scoring({}, "second", None)
    task = (str(tmp_path / "a.parquet"), str(tmp_path / "r"), how, Encryption(KEY).fingerprint())
    assert KEY not in str(task)
    key.write_text("f" * 64)
    with pytest.raises(KeyProblem, match="this worker has another key"):
        score_partition(*task)
    monkeypatch.delenv(keys.KEY_FILE)
    with pytest.raises(KeyProblem, match=r"this worker has no key.*CHANNELWATCH_KEY_FILE"):
        score_partition(*task)
    assert not (tmp_path / "r").exists()


def test_a_fingerprint_tells_keys_apart() -> None:
    one, other = Encryption(KEY), Encryption("f" * 64)
    assert one.fingerprint() == Encryption(KEY).fingerprint() != other.fingerprint()
    assert KEY[:8] not in one.fingerprint()
