"""The doctor: an installation is broken in each way, with real files, and it says so."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

import classifiers
from ops.doctor import installation, keeping, machine, prefect, settings, waiting
from ops.doctor.finding import Finding, Level, Place
from ops.doctor.looks import QUICK, look_around
from ops.runbooks import Page
from warehouse.batches import run_metadata
from warehouse.inbox import Packed, hand_over
from warehouse.store import open_store

ROOT = Path(__file__).parents[2]
HOUR = 3600


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "w.duckdb")


def one(findings: Iterator[Finding], page: Page | None = None) -> Finding:
    """The only finding that is not well, and has this page; the only one at all without a page."""
    found = [each for each in findings if page is None or each.level is not Level.ok]
    assert len(found) == 1, found
    assert page is None or found[0].runbook is page
    return found[0]


def well(findings: Iterator[Finding]) -> bool:
    return all(each.level is Level.ok for each in findings)


def told_of_run(place: Place, state: str, order: str = "00000000-0", **facts: object) -> None:
    """Hand over the news of a run, and load it."""
    metadata = run_metadata(run_id="r1", state=state, **facts)  # type: ignore[arg-type]
    hand_over(place.inbox, kind="run", order=f"r1-{order}", batches=[Packed(f"r1-{state}", 0, metadata)])  # fmt: skip  # noqa: E501
    with open_store(place.warehouse) as store:
        store.load_inbox()


def aged(path: Path, seconds: float) -> Path:
    when = time.time() - seconds
    os.utime(path, (when, when))
    return path


def run_in(script: str, *, root: bool = False) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script]
    return subprocess.Popen(
        ["unshare", "-rm", *command] if root else command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def changed(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in [folder, *folder.rglob("*")]
    }


# -- the whole -------------------------------------------------------------------------------


def test_it_changes_nothing_and_every_look_says_something(place: Place) -> None:
    told_of_run(place, "started")
    before = changed(place.folder)
    found = list(look_around(place, deep=False))
    assert changed(place.folder) == before
    assert len(found) >= len(QUICK) - 1
    assert not [each for each in found if "could not be looked at" in each.says]


def test_what_is_broken_is_exit_3_and_names_remedy_and_runbook(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.cli", "doctor", "--json", "-w", str(tmp_path / "no" / "w")],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 3, done.stderr
    findings = {each["what"]: each for each in json.loads(done.stdout)}
    assert findings["disk"]["level"] == "fail"
    assert findings["disk"]["remedy"].startswith("make it")
    assert (ROOT / findings["disk"]["runbook"]).is_file()


def test_a_look_that_breaks_is_a_finding_and_the_others_go_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_place: Place) -> Iterator[Finding]:
        raise RuntimeError("ouch")
        yield

    monkeypatch.setattr("ops.doctor.looks.QUICK", (broken, machine.memory))
    found = list(look_around(place))
    assert [each.what for each in found] == ["broken", "memory"]
    assert "ouch" in found[0].says


# -- the installation ------------------------------------------------------------------------


def test_versions_are_held_against_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("duckdb==2.0.0 \\\n    --hash=sha256:00\nNumPy==2.3.1\n")
    assert installation.tested_versions(lock) == {"duckdb": "2.0.0", "numpy": "2.3.1"}
    assert installation.tested_versions(tmp_path / "none") == {}


def test_a_version_that_was_not_tested_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert well(installation.packages(place))
    monkeypatch.setattr(installation, "tested_versions", lambda _lock: {"duckdb": "1.4.0"})
    assert "duckdb" in one(installation.packages(place), Page.INSTALLATION).says


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return Path(shutil.copytree(Path(classifiers.__file__).parent / "models", tmp_path / "models"))


def test_whole_models_are_well(models: Path) -> None:
    assert well(installation.models_in(models))


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "scoring.safetensors").unlink(),
        lambda folder: (folder / "language.json").unlink(),
        lambda folder: (folder / "language.json").write_text("{"),
        lambda folder: os.truncate(folder / "language.safetensors", 1000),
    ],
)
def test_missing_and_damaged_models(models: Path, damage: Callable[[Path], object]) -> None:
    damage(models)
    assert one(installation.models_in(models), Page.MODEL_DAMAGED).level is Level.fail


def test_code_that_was_compiled_before_its_source_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    source, cache = tmp_path / "kernel.py", tmp_path / "__pycache__"
    source.write_text("@compiled\ndef f(): ...\n")
    (tmp_path / "plain.py").write_text("def f(): ...\n")
    assert "kernel.py" in one(installation.compiled_in(tmp_path), Page.COMPILED_STALE).says
    cache.mkdir()
    (cache / "kernel.f-1.py311.nbi").write_bytes(b"")
    assert well(installation.compiled_in(tmp_path))
    aged(cache / "kernel.f-1.py311.nbi", HOUR)
    assert "plain.py" not in one(installation.compiled_in(tmp_path), Page.COMPILED_STALE).says


def test_compiled_code_that_may_not_be_written_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    (tmp_path / "kernel.py").write_text("@compiled\ndef f(): ...\n")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "kernel.f-1.py311.nbi").write_bytes(b"")
    assert well(installation.compiled_in(tmp_path))
    # Root may write anywhere, whatever the mode says.
    monkeypatch.setattr(installation.os, "access", lambda path, _: Path(path).name != "__pycache__")
    assert "NUMBA_CACHE_DIR" in one(installation.compiled_in(tmp_path), Page.COMPILED_STALE).remedy


def test_a_cache_elsewhere_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "none"))
    assert one(installation.compiled_in(tmp_path), Page.COMPILED_STALE)


def test_time_zones_that_are_not_there(place: Place) -> None:
    script = (
        "import zoneinfo, sys; zoneinfo.reset_tzpath(to=[]); sys.modules['tzdata'] = None\n"
        "from ops.doctor import installation\n"
        "print([f.level.name for f in installation.time_zones(None)])"
    )
    out, errors = run_in(script).communicate()
    assert out.strip() == "['fail']", errors
    assert well(installation.time_zones(place))


# -- the machine -----------------------------------------------------------------------------


def mounted(options: str, then: str, tmp_path: Path) -> str:
    """What a script prints of a folder that is mounted so, in a name space of its own."""
    script = (
        "import subprocess, sys\nfrom pathlib import Path\n"
        "from ops.doctor import machine, waiting\nfrom ops.doctor.finding import Place\n"
        f"if subprocess.run(['mount', '-t', 'tmpfs', '-o', {options!r}, 'none', {str(tmp_path)!r}]"
        ", capture_output=True).returncode: print('NO MOUNT'); sys.exit()\n"
        f"place = Place(Path({str(tmp_path / 'w.duckdb')!r}))\n{then}"
    )
    out, errors = run_in(script, root=True).communicate()
    if "NO MOUNT" in out or "unshare" in errors:
        pytest.skip("this machine lets nobody mount a file system of his own")
    assert out, errors
    return out.strip()


SHOW = "print([(f.level.name, f.runbook.value) for f in machine.disk(place)])"


def test_a_disk_that_is_mounted_read_only(tmp_path: Path) -> None:
    assert mounted("ro", SHOW, tmp_path) == "[('fail', 'disk_read_only')]"


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    assert mounted("size=1m", SHOW, tmp_path) == "[('fail', 'disk_full')]"


def test_little_room_and_too_little_for_a_backup(tmp_path: Path) -> None:
    assert mounted("size=1g", SHOW, tmp_path) == "[('warn', 'disk_full')]"
    free = shutil.disk_usage(tmp_path).free
    assert machine.room(tmp_path, free).runbook is Page.BACKUP_FAILED
    assert machine.room(tmp_path, 1000).level is Level.ok


@pytest.mark.parametrize(
    ("available", "most", "level"),
    [
        (8 << 20, "max", Level.ok),
        (500 << 10, "max", Level.warn),
        (100 << 10, "max", Level.fail),
        (8 << 20, str(600 << 20), Level.warn),
        (8 << 20, str(200 << 20), Level.fail),
    ],
)
def test_memory_of_the_machine_and_of_a_container(
    tmp_path: Path, available: int, most: str, level: Level
) -> None:
    (tmp_path / "meminfo").write_text(f"MemTotal: 9 kB\nMemAvailable: {available} kB\n")
    (tmp_path / "memory.max").write_text(most + "\n")
    (tmp_path / "memory.current").write_text("0\n")
    assert machine.memory_of(tmp_path / "meminfo", tmp_path).level is level


def test_a_clock_that_is_behind_the_files(place: Place) -> None:
    place.inbox.mkdir()
    waits = place.inbox / "a.run.00000000.arrow"
    waits.write_bytes(b"x")
    assert well(machine.clock(place))
    aged(waits, -2 * HOUR)
    assert "1 hour" in one(machine.clock(place), Page.CLOCK_JUMPED).says


def test_a_port_that_somebody_else_has(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = Place(tmp_path / "w.duckdb", port=listening.getsockname()[1])
        one(machine.port(taken), Page.PORT_IN_USE)
    assert well(machine.port(taken))


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A server whose health is what its attribute ``health`` says."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(serving.health)  # type: ignore[attr-defined]

        def log_message(self, *_arguments: object) -> None: ...

    serving = HTTPServer(("127.0.0.1", 0), Health)
    Thread(target=serving.serve_forever, daemon=True).start()
    yield serving
    serving.shutdown()
    serving.server_close()


def test_a_console_that_answers(server: HTTPServer, tmp_path: Path) -> None:
    server.health = b"ok"  # type: ignore[attr-defined]
    assert well(machine.port(Place(tmp_path / "w.duckdb", port=server.server_port)))


# -- Prefect ---------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv("PREFECT_PROFILE", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    (tmp_path / "prefect").mkdir()
    return tmp_path / "prefect"


def test_a_prefect_server_that_does_not_answer(
    place: Place, home: Path, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"http://127.0.0.1:{server.server_port}/api"
    monkeypatch.setenv("PREFECT_API_URL", address)
    server.health = b"true"  # type: ignore[attr-defined]
    assert well(prefect.server(place))
    server.health = b"I am something else"  # type: ignore[attr-defined]
    assert one(prefect.server(place), Page.PREFECT_SERVER_DOWN).level is Level.fail


def test_a_profile_that_points_to_another_machine(place: Place, home: Path) -> None:
    (home / "profiles.toml").write_text(
        'active = "there"\n[profiles.there]\nPREFECT_API_URL = "http://prefect.invalid:4200/api"\n'
    )
    assert "on another machine" in one(prefect.server(place), Page.PREFECT_SERVER_DOWN).says


def test_a_home_of_prefects_that_is_no_folder(place: Place, home: Path) -> None:
    assert well(prefect.writable(place))
    home.rmdir()
    home.write_text("")
    one(prefect.writable(place), Page.PREFECT_SERVER_DOWN)


# -- the warehouse ---------------------------------------------------------------------------


def test_no_warehouse_and_a_new_one_are_well(place: Place) -> None:
    assert well(keeping.warehouse(place))
    open_store(place.warehouse).close()
    assert well(keeping.warehouse(place))


def test_a_file_that_is_no_database(place: Place) -> None:
    place.warehouse.write_text("not a database " * 1000)
    assert one(keeping.warehouse(place), Page.DATABASE_DAMAGED).level is Level.fail


def test_a_file_that_was_cut_off(place: Place) -> None:
    told_of_run(place, "started")
    os.truncate(place.warehouse, place.warehouse.stat().st_size // 2)
    found = [f for f in [*keeping.warehouse(place), *keeping.whole(place)] if f.level is Level.fail]
    assert found
    assert {each.runbook for each in found} == {Page.DATABASE_DAMAGED}


def test_a_block_that_was_overwritten_is_found_by_the_deep_look(place: Place) -> None:
    for number in range(3):
        told_of_run(place, ("started", "finished", "failed")[number], f"0000000{number}-0")
    with place.warehouse.open("r+b") as file:
        file.seek(3 * 4096 + 262_144)  # the header's blocks, one of data, and into the next
        file.write(b"\xff" * 4096)
    found = [*keeping.warehouse(place), *keeping.whole(place)]
    assert Page.DATABASE_DAMAGED in {each.runbook for each in found}


def test_a_newer_schema(place: Place) -> None:
    with open_store(place.warehouse) as store:
        store.connection.execute("UPDATE schema_migrations SET version = 999 WHERE version = 1")
    assert "999" in one(keeping.warehouse(place), Page.MIGRATION_FAILED).says


def test_an_older_schema(place: Place) -> None:
    with open_store(place.warehouse) as store:
        store.connection.execute(
            "DELETE FROM schema_migrations "
            "WHERE version = (SELECT max(version) FROM schema_migrations)"
        )
    assert one(keeping.warehouse(place), Page.MIGRATION_FAILED).level is Level.warn


HOLD = (
    "import duckdb, sys, time\n"
    "c = duckdb.connect({path!r})\nprint('open', flush=True)\ntime.sleep(60)"
)


@pytest.mark.parametrize("ours", [True, False])
def test_an_owner_is_well_and_a_stranger_is_not(place: Place, ours: bool) -> None:
    open_store(place.warehouse).close()
    script = HOLD.format(path=str(place.warehouse))
    # What a stranger's command names does not make it ours.
    script = "from ops.cli import main\n" + script if ours else script + "  # channelwatch ops.cli"
    holder = run_in(script)
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "open\n"
        if ours:
            assert str(holder.pid) in one(keeping.warehouse(place)).says
            place.inbox.mkdir()
            sign = {"pid": holder.pid, "since": 1.0, "seen": 1.0, "problem": "the disk is full"}
            (place.inbox / "keeper.json").write_text(json.dumps(sign))
            assert "disk is full" in one(keeping.warehouse(place), Page.INBOX_GROWING).says
        else:
            assert one(keeping.warehouse(place), Page.DATABASE_LOCKED).level is Level.fail
            place.inbox.mkdir()  # the sign of an owner that has gone, and had the same number
            sign = {"pid": holder.pid, "since": time.time() - HOUR, "seen": time.time()}
            (place.inbox / "keeper.json").write_text(json.dumps(sign))
            assert one(keeping.warehouse(place), Page.DATABASE_LOCKED).level is Level.fail
            sign["since"] = time.time()  # its own
            (place.inbox / "keeper.json").write_text(json.dumps(sign))
            assert str(holder.pid) in one(keeping.warehouse(place)).says
    finally:
        holder.kill()
        holder.communicate()


def test_runs_that_failed_hang_or_are_of_tomorrow(place: Place) -> None:
    told_of_run(place, "started")
    assert one(keeping.warehouse(place), Page.WORKER_LOST).level is Level.warn
    told_of_run(place, "failed", "99999999-9")
    assert one(keeping.warehouse(place), Page.RUN_FAILED).level is Level.fail
    with open_store(place.warehouse) as store:
        store.connection.execute(
            "UPDATE base.runs SET state = 'finished', started_at = started_at + INTERVAL 2 DAY"
        )
    assert one(keeping.warehouse(place), Page.CLOCK_JUMPED).level is Level.fail


def test_many_items_in_quarantine(place: Place) -> None:
    told_of_run(place, "started")
    with open_store(place.warehouse) as store:
        store.connection.execute(
            "UPDATE base.runs SET state = 'finished', finished_at = started_at;"
            "UPDATE base.batches SET kind = 'messages', landed = 80, quarantined = 20"
        )
    assert "20" in one(keeping.warehouse(place), Page.QUARANTINE_GROWING).says


def test_a_log_that_nobody_writes_in(place: Place) -> None:
    place.warehouse.write_bytes(b"")
    with place.warehouse.with_name("w.duckdb.wal").open("wb") as file:
        file.truncate(keeping.LARGE_LOG + 1)  # a sparse file
    one(keeping.log(place), Page.DATABASE_LOCKED)


def test_a_deep_look_reads_all_and_adds_up(place: Place) -> None:
    told_of_run(place, "started")
    told_of_run(place, "finished", "99999999-9")
    found = list(keeping.whole(place))
    assert [each.what for each in found] == ["every block", "counts"]
    assert well(iter(found))


def test_counts_that_do_not_add_up(place: Place) -> None:
    told_of_run(place, "started")
    told_of_run(place, "finished", "99999999-9")
    with open_store(place.warehouse) as store:
        store.connection.execute(
            "INSERT INTO base.sources (source_no, source_id, path, run_no) "
            "SELECT 1, 's', 'a.json', run_no FROM base.runs;"
            "INSERT INTO base.readings SELECT 1, 'r', 'm', run_no, 10, 0, true, '[]', true "
            "FROM base.runs"
        )
    assert one(keeping.whole(place), Page.COUNTS_WRONG).level is Level.fail


# -- the inbox -------------------------------------------------------------------------------


def waits(place: Place, name: str = "r-1.run.00000000.arrow") -> Path:
    place.inbox.mkdir(exist_ok=True)
    (place.inbox / name).write_bytes(b"x")
    return place.inbox / name


def test_what_waits_where_nobody_keeps_the_inbox(place: Place) -> None:
    path = waits(place)
    assert well(waiting.inbox(place))
    aged(path, 2 * HOUR)
    assert "2 hours" in one(waiting.inbox(place), Page.OWNER_MISSING).says


def test_what_waits_though_somebody_keeps_the_inbox(place: Place) -> None:
    aged(waits(place), HOUR)
    (place.inbox / "keeper.json").write_text(json.dumps({"pid": os.getpid()}))
    assert one(waiting.inbox(place), Page.INBOX_GROWING).level is Level.fail


def test_files_that_were_rejected_and_files_of_others(place: Place) -> None:
    path = waits(place, "r-1.run.12345678.arrow")
    with open_store(place.warehouse) as store:
        assert store.load_inbox().rejected
    assert not path.exists()
    assert "damaged" in one(waiting.inbox(place), Page.REJECTED_FILES).says
    shutil.rmtree(place.inbox / "rejected")
    waits(place, "holiday.parquet")
    assert "holiday" in one(waiting.inbox(place), Page.REJECTED_FILES).says


def test_temporary_files_of_the_dead_and_orders_that_nobody_obeys(place: Place) -> None:
    aged(waits(place, ".1-0000.tmp"), 2 * HOUR)
    assert one(waiting.inbox(place), Page.WORKER_LOST).level is Level.warn
    (place.inbox / ".1-0000.tmp").unlink()
    (place.inbox / "orders").mkdir()
    aged(waits(place, "orders/1.json"), HOUR)
    one(waiting.inbox(place), Page.OWNER_MISSING)


# -- what people write -----------------------------------------------------------------------


def test_accounts_that_others_can_read(place: Place) -> None:
    path = place.warehouse.with_name("w.duckdb.console")
    path.write_bytes(b"")
    path.chmod(0o600)
    assert well(settings.accounts(place))
    path.chmod(0o644)
    assert "chmod 600" in one(settings.accounts(place), Page.ACCOUNTS_OPEN).remedy


def test_a_policy_that_is_not_valid(place: Place, tmp_path: Path) -> None:
    assert well(settings.policy(place))
    wrong = tmp_path / "policy.yaml"
    wrong.write_text("order: [\n")
    bad = Place(place.warehouse, policy=wrong)
    assert one(settings.policy(bad), Page.SETTINGS_INVALID).level is Level.fail
    bad = Place(place.warehouse, policy=tmp_path / "none.yaml")
    assert one(settings.policy(bad), Page.SETTINGS_INVALID).level is Level.fail
