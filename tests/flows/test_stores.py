"""Any store is the same: files appear whole, are made again when deleted, faults are named."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows import stores
from flows.fanning import Fanout, fan_out_directly
from flows.partitions import PartitionError, listed
from flows.stores import StoreProblem

NEEDS = "pip install s3fs 'moto[server]': tested where they are installed"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3, on this machine."""
    pytest.importorskip("s3fs", reason=NEEDS)
    server = pytest.importorskip("moto.server", reason=NEEDS).ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "file", "memory", "s3"])
def root(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A folder of each kind of store."""
    name = hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]
    if request.param == "s3":
        monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3"))
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(variable, "for-tests")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.filesystem("s3", skip_instance_cache=True).mkdir(name)
    yield {
        "folder": str(tmp_path),
        "file": f"file://{tmp_path}",
        "memory": f"memory://{name}",
        "s3": f"s3://{name}/deep",
    }[request.param]
    if request.param == "s3":
        fsspec.get_filesystem_class("s3").clear_instance_cache()


def put(root: str, name: str, texts: list[str]) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": texts}), sink)
    stores.write(stores.address(root, name), sink.getvalue().to_pybytes())


def test_written_read_and_found(root: str) -> None:
    stores.ready(root)
    url = stores.address(root, "in/b.bin")
    assert not stores.exists(url)
    stores.write(url, b"first")
    stores.write(url, b"second")
    stores.write(stores.address(root, "in/a.bin"), b"")
    assert stores.read(url) == b"second"
    assert [name.rsplit("/", 1)[1] for name in stores.found(f"{root}/in")] == ["a.bin", "b.bin"]
    assert stores.found(url) == [url]
    with pytest.raises((StoreProblem, FileNotFoundError)):
        stores.read(stores.address(root, "in/c.bin"))


def test_scored_once_and_again_where_a_result_is_gone(root: str, quick_scorer: Any) -> None:
    for number in range(3):
        put(f"{root}/in", f"{number}.parquet", [f"enemy {number}", "friend"])
    put(f"{root}/in", ".hidden.parquet.tmp", ["half"])
    wanted = Fanout(f"{root}/in", f"{root}/out")
    first = fan_out_directly(wanted)
    assert (first.partitions, first.before, first.rows, first.problems) == (3, 0, 6, ())
    made = {name: stores.read(name) for name in stores.found(wanted.out) if ".parquet" in name}
    assert len(made) == 3
    assert fan_out_directly(wanted).before == 3

    gone = sorted(made)[1]
    # By another process: what this one remembers of the store must not count.
    filesystem, path = fsspec.core.url_to_fs(gone, skip_instance_cache=True)
    filesystem.rm(path)
    assert fan_out_directly(wanted).before == 2
    assert {name: stores.read(name) for name in made} == made
    assert len(listed(wanted.out)) == 3

    stores.write(gone, made[gone][:100])
    damaged = fan_out_directly(wanted)
    assert (damaged.rows, damaged.exit_code) == (4, 1)
    assert "delete it to have it made again" in damaged.problems[0]


def test_what_breaks_off_is_never_seen(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filesystem, _ = fsspec.core.url_to_fs(root)
    url = stores.address(root, "out/a.parquet")
    stores.write(stores.address(root, "out/b.parquet"), b"whole")

    def breaks(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        for name in ("mv", "_pipe_file", "pipe_file"):
            broken.setattr(type(filesystem), name, breaks, raising=False)
        broken.setattr(filesystem, "pipe_file", breaks)
        with pytest.raises((StoreProblem, OSError), match="No space"):
            stores.write(url, b"x" * 1000)
    assert not stores.exists(url)
    assert [name.rsplit("/", 1)[1] for name in stores.found(f"{root}/out")] == ["b.parquet"]


def test_an_empty_folder_is_named(root: str) -> None:
    with pytest.raises(PartitionError, match=r"no \.parquet files there"):
        listed(f"{root}/nothing")


@pytest.mark.parametrize("root", ["s3"], indirect=True)
def test_buckets_credentials_and_servers_that_are_not_there(
    root: str, tmp_path: Path, quick_scorer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(f"{root}/in", "1.parquet", ["enemy"])
    for source, out in ((f"{root}/in", "s3://nowhere/out"), ("s3://nowhere/in", f"{root}/out")):
        with pytest.raises(StoreProblem, match=r"nowhere.*make the bucket") as found:
            fan_out_directly(Fanout(source, out))
        assert (found.value.exit_code, found.value.may_pass) == (3, False)
    assert not fsspec.filesystem("s3").exists("nowhere"), "a misspelt bucket was made"

    import requests

    control = f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/reset-auth"
    requests.post(control, data="0", timeout=30)
    try:
        with pytest.raises(StoreProblem, match=r"access is refused.*AWS_ACCESS_KEY_ID"):
            fan_out_directly(Fanout(f"{root}/in", f"{root}/out"))
    finally:
        requests.post(control, data="1000000000", timeout=30)

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(StoreProblem, match=r"127\.0\.0\.1:9.*within reach") as away:
        fan_out_directly(Fanout(f"{root}/in", f"{root}/out"))
    assert away.value.may_pass


def test_a_package_that_is_missing_and_a_store_that_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fsspec.registry import known_implementations

    entry = {"class": "no_such_package.Store", "err": "Install no-such-package to access X"}
    monkeypatch.setitem(known_implementations, "elsewhere", entry)
    with pytest.raises(StoreProblem, match=r"Install no-such-package .*pip install") as missing:
        stores.found("elsewhere://key:secret@bucket/in?sig=1")
    assert missing.value.exit_code == 3
    assert "secret" not in str(missing.value)
    with pytest.raises(StoreProblem, match=r"gopher.*s3://bucket/folder") as unknown:
        stores.found("gopher://x")
    assert unknown.value.exit_code == 2
