"""`channelwatch console` and `channelwatch users` as processes, and what they refuse."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ops.console.accounts import Accounts, accounts_of
from ops.console.serving import Serving
from ops.errors import CommandError
from tests.commands import channelwatch as in_process

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def channelwatch(*arguments: str, says: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops.cli", *arguments],
        capture_output=True,
        text=True,
        input=says,
        env=ENVIRONMENT,
        check=False,
        timeout=120,
    )


class Running(NamedTuple):
    """A console that runs, and what it said at its start."""

    process: subprocess.Popen[str]
    address: str
    link: str | None


@contextmanager
def console(warehouse: Path, *options: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "ops.cli", "console"),
            *("--port", "0", "-w", str(warehouse), *options),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        found = re.search(r"(https?://\S+)/ ", line)
        assert found, line + process.stderr.read()
        with Accounts(accounts_of(warehouse)) as accounts:
            linked = not accounts.users.any_admin()
        link = process.stdout.readline().split(": ", 1)[1].strip() if linked else None
        yield Running(process, found[1], link)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def token(client: httpx.Client, path: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get(path).text)
    assert found
    return found[1]


def test_a_console_from_its_start_to_its_end(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    with console(warehouse) as running:
        assert running.address.startswith("http://127.0.0.1:")
        assert running.link is not None
        with httpx.Client(base_url=running.address) as client:
            assert client.get("/health").text == "ok"
            assert client.get("/users").status_code == 303
            assert client.get(running.link).headers["location"] == "/"
            assert client.get("/users").status_code == 200
            assert client.get(running.link).status_code == 403
            assert client.get("/health", headers={"Host": "a.example"}).status_code == 421
            assert "server" not in client.get("/health").headers
        mode = stat.S_IMODE(accounts_of(warehouse).stat().st_mode)
        assert mode == 0o600

        locked = channelwatch("console", "--port", "0", "-w", str(warehouse))
        assert locked.returncode == 3
        assert str(running.process.pid) in locked.stderr

        # Users are added, and work, while it runs.
        added = channelwatch(
            "users", "add", "asma", "--role", "admin", "--stdin", "-w", str(warehouse),
            says=PASSWORD + "\n",
        )  # fmt: skip
        assert added.returncode == 0, added.stderr
        with httpx.Client(base_url=running.address) as client:
            form = {"csrf": token(client, "/sign-in"), "name": "asma", "password": PASSWORD}
            assert client.post("/sign-in", data=form).headers["location"] == "/"
            assert client.get("/settings").status_code == 200
            other = channelwatch("users", "add", "other", "--role", "admin", "--stdin",
                                 "-w", str(warehouse), says=PASSWORD + "\n")  # fmt: skip
            assert other.returncode == 0, other.stderr
            assert channelwatch("users", "disable", "asma", "-w", str(warehouse)).returncode == 0
            assert client.get("/settings").status_code == 303

        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(30) == 0
        assert running.process.stderr is not None
        told = [json.loads(line) for line in running.process.stderr]
        assert {line["level"] for line in told} == {"info"}
        events = [line["event"] for line in told]  # an order may be done while it ends
        assert events[0] == "console_started"
        assert "console_stopped" in events
    assert not (tmp_path / "w.duckdb.wal").exists()  # closed, not only left
    with console(warehouse) as again:
        assert again.link is None  # an admin has a password now


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_console_that_was_ended_leaves_sessions_as_they_were(
    tmp_path: Path, how: signal.Signals
) -> None:
    warehouse = tmp_path / "w.duckdb"
    with console(warehouse) as running:
        assert running.link is not None
        with httpx.Client(base_url=running.address) as client:
            client.get(running.link)
            (session,) = [value for name, value in client.cookies.items() if "form" not in name]
        running.process.send_signal(how)
        assert running.process.wait(30) == (0 if how is signal.SIGTERM else -signal.SIGKILL)
    with Accounts(accounts_of(warehouse)) as accounts:
        known = accounts.sessions.known(session)
        assert known is not None
        assert known.role == "admin"


def test_it_answers_by_https_itself(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-out", str(cert), "-keyout", str(key)),
        ],
        capture_output=True,
        check=True,
    )
    options = ("--host", "localhost", "--tls-cert", str(cert), "--tls-key", str(key))
    with console(tmp_path / "w.duckdb", *options) as running:
        assert running.address.startswith("https://localhost:")
        assert running.link is not None
        trusted = ssl.create_default_context(cafile=str(cert))
        with httpx.Client(verify=trusted) as client:
            entered = client.get(running.link)
            assert entered.status_code == 303
            cookie = entered.headers.get_list("set-cookie")[0]
            assert cookie.startswith("__Host-channelwatch")
            assert "; Secure" in cookie
            assert client.get(f"{running.address}/users").status_code == 200


def test_a_port_that_is_taken_is_exit_3(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = channelwatch("console", "--port", port, "-w", str(tmp_path / "w.duckdb"))
    assert done.returncode == 3
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "w.duckdb").exists()


def test_a_misspelt_warehouse_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "march.duckdb").touch()
    done = channelwatch("console", "--port", "0", "-w", str(tmp_path / "marhc.duckdb"))
    assert done.returncode == 2
    assert f"did you mean {tmp_path / 'march.duckdb'}?" in done.stderr
    assert not (tmp_path / "marhc.duckdb").exists()


# What is refused before anything is opened


def refused(**options: object) -> str:
    with pytest.raises(CommandError) as raised:
        Serving(**options).check()  # type: ignore[arg-type]
    assert raised.value.exit_code == 2
    return str(raised.value)


@pytest.fixture
def peopled(tmp_path: Path) -> Path:
    """A warehouse that has users."""
    warehouse = tmp_path / "peopled.duckdb"
    with Accounts(accounts_of(warehouse)) as accounts:
        accounts.users.add("asma", "lead", PASSWORD)
    return warehouse


def test_off_this_machine_it_demands_https(peopled: Path) -> None:
    for host in ("0.0.0.0", "10.0.0.5", "::", "review.example"):
        says = refused(warehouse=peopled, host=host, host_names=("review.example",))
        assert "--tls-cert" in says
        assert "--behind-proxy" in says


def test_off_this_machine_it_demands_users(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    options = {"warehouse": warehouse, "host": "10.0.0.5", "behind_proxy": True}
    assert "channelwatch users add NAME --role lead" in refused(**options)
    assert not accounts_of(warehouse).exists()
    with Accounts(accounts_of(warehouse)) as accounts:
        accounts.users.operator("root")  # has no password: nobody could sign in
        assert "no users yet" in refused(**options)
        accounts.users.add("asma", "lead", PASSWORD)
    Serving(**options).check()  # type: ignore[arg-type]


def test_a_proxy_on_this_machine_opens_it_to_others_as_well(tmp_path: Path, peopled: Path) -> None:
    names = ("review.example",)
    assert "no users yet" in refused(
        warehouse=tmp_path / "w.duckdb", behind_proxy=True, host_names=names
    )
    assert "--host-name" in refused(warehouse=peopled, behind_proxy=True)
    Serving(peopled, behind_proxy=True, host_names=names).check()


def test_a_wildcard_address_demands_a_name(peopled: Path) -> None:
    assert "--host-name" in refused(warehouse=peopled, host="0.0.0.0", behind_proxy=True)


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    pem = tmp_path / "c.pem"
    pem.write_text("no certificate")
    assert "go together" in refused(warehouse=tmp_path / "w", tls_cert=pem)
    assert "no certificate" in refused(warehouse=tmp_path / "w", tls_cert=pem, tls_key=pem)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_on_this_machine_it_needs_nothing(tmp_path: Path, host: str) -> None:
    serving = Serving(tmp_path / "w.duckdb", host=host)
    serving.check()
    assert serving.names() >= {"localhost", "127.0.0.1", "[::1]"}


# Users by command


def users(warehouse: Path, *arguments: str, says: str = "") -> subprocess.CompletedProcess[str]:
    """`channelwatch users` in this process: what it says is tested, not how a process starts."""
    return in_process("users", *arguments, "-w", warehouse, says=says)


def test_users_by_command(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    assert users(warehouse, "list").returncode == 3
    assert not accounts_of(warehouse).exists()
    done = users(warehouse, "add", "asma", "--role", "admin", "--stdin", says=PASSWORD + "\n")
    assert (done.returncode, done.stdout) == (0, "asma may sign in as admin.\n")
    users(warehouse, "add", "bilal", "--stdin", says=PASSWORD + "\n")
    assert users(warehouse, "role", "bilal", "lead").returncode == 0
    assert (
        users(warehouse, "password", "bilal", "--stdin", says="another one of it").returncode == 0
    )
    assert users(warehouse, "disable", "bilal").returncode == 0
    listed = json.loads(users(warehouse, "list", "--json").stdout)
    assert [(each["name"], each["role"], each["active"]) for each in listed] == [
        ("asma", "admin", True),
        ("bilal", "lead", False),
    ]
    assert "hash" not in str(listed)
    assert users(warehouse, "enable", "bilal").returncode == 0
    assert "bilal" in users(warehouse, "list").stdout
    with Accounts(accounts_of(warehouse)) as accounts:
        assert accounts.users.checked("bilal", "another one of it") is not None


def test_mistakes_with_users_are_one_line_and_exit_2(tmp_path: Path, peopled: Path) -> None:
    for arguments, text, says in (
        (("add", "asma", "--stdin"), PASSWORD, "already"),
        (("add", "bilal", "--stdin"), "short", "12 characters"),
        (("add", "bilal"), "", "--stdin"),
        (("add", "a b", "--stdin"), PASSWORD, "no user's name"),
        (("disable", "asmaa"), "", "did you mean 'asma'"),
        (("password", "nobody", "--stdin"), PASSWORD, "no user"),
    ):
        done = users(peopled, *arguments, says=text)
        assert done.returncode == 2, arguments
        assert says in done.stderr
        assert done.stderr.startswith("channelwatch: ")
        assert len(done.stderr.strip().splitlines()) == 1


def test_a_password_is_never_an_argument() -> None:
    for command in ("add", "password"):
        help_text = channelwatch("users", command, "--help").stdout
        assert "--stdin" in help_text
        assert not re.search(r"--password\b", help_text)


def test_asking_for_help_loads_no_web_server() -> None:
    began = time.monotonic()
    script = (
        "import sys; sys.argv = ['channelwatch', 'console', '--help']\n"
        "from ops.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('HEAVY', sorted({'fastapi', 'uvicorn', 'argon2', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.rstrip().endswith("HEAVY []"), time.monotonic() - began
