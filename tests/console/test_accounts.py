"""Users, sessions, preferences and saved filters, and the file that holds them."""

from __future__ import annotations

import sqlite3
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from argon2 import PasswordHasher

import ops.console.accounts
from ops.console.accounts import Accounts, AccountsError, Preferences
from ops.console.accounts.database import Database, migrations, query
from ops.console.accounts.passwords import Passwords, check_password, one_time_password
from ops.console.accounts.preferences import DEFAULTS
from ops.console.accounts.sessions import hashed
from ops.console.accounts.users import NAME
from ops.console.security.capabilities import CAPABILITIES, ROLES
from tests.console.browsing import PASSWORD, QUICK, Clock


def raw(accounts: Accounts, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(accounts.path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


# The file


def test_only_its_owner_may_read_the_file(accounts: Accounts) -> None:
    accounts.users.add("asma", "lead", PASSWORD)
    found = list(accounts.path.parent.glob("w.duckdb.console*"))
    assert len(found) >= 2  # the log beside it holds hashes too
    assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in found] == ["0o600"] * len(found)


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "w.console"
    Accounts(path, passwords=Passwords(QUICK)).close()
    path.chmod(0o644)
    Accounts(path, passwords=Passwords(QUICK)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_each_connection_writes_through_to_the_disk(accounts: Accounts) -> None:
    connection = accounts._database.connection
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_threads_that_end_leave_no_file_open(tmp_path: Path) -> None:
    database = Database(tmp_path / "accounts")

    def opened() -> int:
        return sum(
            link.resolve() == database.path.resolve() for link in Path("/proc/self/fd").iterdir()
        )

    for _ in range(12):
        thread = threading.Thread(target=lambda: database.connection.execute("SELECT 1"))
        thread.start()
        thread.join()
    assert opened() <= 2  # this thread's, and that of the last to end
    database.close()
    assert opened() == 0


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE notes (note TEXT)")
    other.commit()
    other.close()
    with pytest.raises(AccountsError, match="something else") as raised:
        Database(path)
    assert raised.value.exit_code == 3
    path.write_text("no database at all, " * 50)
    with pytest.raises(AccountsError, match="cannot be opened"):
        Database(path)


def test_a_newer_file_is_not_touched(accounts: Accounts) -> None:
    accounts._database.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(AccountsError, match="newer channelwatch"):
        Database(accounts.path)


def test_processes_that_open_a_new_file_at_once_make_one_schema(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def make(_: int) -> int:
        start.wait()
        database = Database(tmp_path / "new.console")
        try:
            return database._version()
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(make, range(8))) == {migrations()[-1][0]}


def test_every_query_has_a_header_and_is_used() -> None:
    folder = Path(str(ops.console.accounts.__file__)).parent
    code = "".join(path.read_text() for path in folder.glob("*.py"))
    for path in (folder / "queries").glob("*.sql"):
        header = "".join(line for line in query(path.stem).splitlines() if line.startswith("--"))
        assert "Grain:" in header, path.name
        assert "Units:" in header, path.name
        assert f'"{path.stem}"' in code, path.name


# Users and passwords


@pytest.mark.parametrize(
    ("password", "says"),
    [("elevenchars", "12 characters"), ("Asma.Khan.Lead", "user's name"), ("x" * 1001, "at most")],
)
def test_passwords_that_may_not_be(accounts: Accounts, password: str, says: str) -> None:
    with pytest.raises(AccountsError, match=says):
        accounts.users.add("asma.khan.lead", "lead", password)
    assert accounts.users.all() == []


def test_any_other_password_may_be() -> None:
    for password in ("twelve chars", "aaaaaaaaaaaa", "سلام سلام سلام", "\0" * 12):
        check_password("asma", password)


@pytest.mark.parametrize("name", ["", "-x", " a", "a b", "a/b", "<b>", "a" * 65, "a\n", "a\u202eb"])
def test_names_that_may_not_be(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountsError, match="no user's name"):
        accounts.users.add(name, "lead", PASSWORD)


def test_a_name_is_taken_in_whatever_case(accounts: Accounts) -> None:
    accounts.users.add("Asma", "lead", PASSWORD)
    with pytest.raises(AccountsError, match="already"):
        accounts.users.add("asma", "admin", PASSWORD)
    assert [user.role for user in accounts.users.all()] == ["lead"]


def test_an_unknown_role_or_user_is_named_with_the_nearest(accounts: Accounts) -> None:
    with pytest.raises(AccountsError, match="did you mean 'moderator'"):
        accounts.users.add("asma", "moderater", PASSWORD)
    accounts.users.add("asma", "lead", PASSWORD)
    with pytest.raises(AccountsError, match="did you mean 'asma'"):
        accounts.users.disable("asmaa")


def test_the_schema_knows_the_roles_of_the_table() -> None:
    (_, schema), *_ = migrations()
    assert f"role IN ({', '.join(repr(role) for role in ROLES)})" in schema
    assert set(CAPABILITIES) == set(ROLES)


def test_what_is_kept_of_a_password_is_argon2(accounts: Accounts) -> None:
    accounts.users.add("asma", "lead", PASSWORD)
    ((kept,),) = raw(accounts, "SELECT password_hash FROM users")
    assert str(kept).startswith("$argon2id$")
    assert PASSWORD not in str(raw(accounts, "SELECT * FROM users"))


def test_a_user_is_known_by_the_password_alone(accounts: Accounts) -> None:
    accounts.users.add("asma", "lead", PASSWORD)
    known = accounts.users.checked("ASMA", PASSWORD)
    assert known is not None
    assert known.name == "asma"
    assert accounts.users.checked("asma", PASSWORD + " ") is None
    assert accounts.users.checked("asma", "") is None
    assert accounts.users.checked("nobody", PASSWORD) is None
    accounts.users.disable("asma")
    assert accounts.users.checked("asma", PASSWORD) is None
    accounts.users.enable("asma")
    assert accounts.users.checked("asma", PASSWORD) is not None


def test_a_name_that_there_is_not_costs_as_much_as_a_wrong_password(tmp_path: Path) -> None:
    calls: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            calls.append(str(hash))
            return super().verify(hash, password)  # type: ignore[return-value]

    slow = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    with Accounts(tmp_path / "x", passwords=slow) as accounts:
        accounts.users.add("asma", "lead", PASSWORD)
        accounts.users.add("off", "lead", PASSWORD)
        accounts.users.disable("off")
        accounts.users.operator("root")
        for name in ("asma", "nobody", "off", "root"):
            accounts.users.checked(name, "wrong password")
    assert len(calls) == 4
    parameters = {call.rsplit("$", 2)[0] for call in calls}
    assert len(parameters) == 1  # all with the same cost


def test_a_hash_of_former_parameters_is_made_anew_at_sign_in(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with Accounts(path, passwords=Passwords(QUICK)) as accounts:
        accounts.users.add("asma", "lead", PASSWORD)
        before = raw(accounts, "SELECT password_hash FROM users")
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    with Accounts(path, passwords=stronger) as accounts:
        assert accounts.users.checked("asma", "wrong password") is None
        assert raw(accounts, "SELECT password_hash FROM users") == before
        assert accounts.users.checked("asma", PASSWORD) is not None
        ((after,),) = raw(accounts, "SELECT password_hash FROM users")
        assert "m=16,t=2" in str(after)
        assert accounts.users.checked("asma", PASSWORD) is not None


def test_one_time_passwords_are_long_and_differ() -> None:
    made = {one_time_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(password) == 19 and NAME.fullmatch(password) for password in made)


def test_the_last_admin_stays(accounts: Accounts) -> None:
    users = accounts.users
    users.add("first", "admin", PASSWORD)
    users.add("lead", "lead", PASSWORD)
    users.operator("root")  # an admin by the one-time link alone does not count
    for change in (lambda: users.disable("FIRST"), lambda: users.set_role("first", "lead")):
        with pytest.raises(AccountsError, match="last admin"):
            change()
    users.add("second", "admin", PASSWORD)
    users.disable("first")
    with pytest.raises(AccountsError, match="last admin"):
        users.set_role("second", "auditor")
    users.enable("first")
    users.set_role("second", "auditor")
    assert users.get("second").role == "auditor"


def test_two_admins_who_remove_each_other_at_once_leave_one(tmp_path: Path) -> None:
    for turn in range(10):
        with Accounts(tmp_path / f"{turn}", passwords=Passwords(QUICK)) as accounts:
            accounts.users.add("a", "admin", PASSWORD)
            accounts.users.add("b", "admin", PASSWORD)
            start = threading.Barrier(2)

            def remove(name: str, start: threading.Barrier = start, it: Accounts = accounts) -> str:
                start.wait()
                try:
                    it.users.disable(name)
                except AccountsError:
                    return "refused"
                return "done"

            with ThreadPoolExecutor(2) as pool:
                assert sorted(pool.map(remove, ["a", "b"])) == ["done", "refused"]


def test_the_operator_takes_nobodys_place(accounts: Accounts) -> None:
    assert accounts.users.operator("root").role == "admin"
    assert accounts.users.operator("root").name == "root"
    accounts.users.add("asma", "moderator", PASSWORD)
    made = accounts.users.operator("asma")
    assert (made.name, made.role, made.has_password) == ("asma@local", "admin", False)
    assert accounts.users.get("asma").role == "moderator"
    assert not accounts.users.any_admin()


# Sessions


def test_a_session_is_known_by_its_token_which_is_kept_nowhere(
    accounts: Accounts, users: dict[str, str]
) -> None:
    token = accounts.sessions.start("lead", "Firefox")
    known = accounts.sessions.known(token)
    assert known is not None
    assert (known.name, known.role) == ("lead", "lead")
    assert accounts.sessions.known(token + "x") is None
    assert accounts.sessions.known("") is None
    assert accounts.sessions.known(hashed(token)) is None
    for path in accounts.path.parent.glob("w.duckdb.console*"):
        assert token.encode() not in path.read_bytes()
    assert len(token) >= 43  # 256 bits


def test_a_session_ends_when_it_is_not_used(
    accounts: Accounts, users: dict[str, str], clock: Clock
) -> None:
    token = accounts.sessions.start("lead")
    for _ in range(5):
        clock.move(hours=11, minutes=59)
        assert accounts.sessions.known(token) is not None
    clock.move(hours=12)
    assert accounts.sessions.known(token) is None


def test_a_session_ends_after_a_week_though_it_is_used(
    accounts: Accounts, users: dict[str, str], clock: Clock
) -> None:
    token = accounts.sessions.start("lead")
    for _ in range(7 * 24 - 1):
        clock.move(hours=1)
        assert accounts.sessions.known(token) is not None
    clock.move(hours=1)
    assert accounts.sessions.known(token) is None
    accounts.sessions.start("lead")
    assert raw(accounts, "SELECT count(*) FROM sessions") == [(1,)]  # the ended one is forgotten


def test_disabling_and_new_passwords_end_sessions(
    accounts: Accounts, users: dict[str, str]
) -> None:
    first, second = accounts.sessions.start("lead"), accounts.sessions.start("LEAD")
    other = accounts.sessions.start("moderator")
    known = accounts.sessions.known(second)
    assert known is not None
    accounts.users.set_password("lead", "another long password", keep_session=known.session_no)
    assert accounts.sessions.known(first) is None
    assert accounts.sessions.known(second) is not None
    accounts.users.disable("lead")
    assert accounts.sessions.known(second) is None
    accounts.users.enable("lead")
    assert accounts.sessions.known(second) is None
    assert accounts.sessions.known(other) is not None


def test_a_new_role_holds_in_open_sessions(accounts: Accounts, users: dict[str, str]) -> None:
    token = accounts.sessions.start("lead")
    accounts.users.set_role("lead", "auditor")
    known = accounts.sessions.known(token)
    assert known is not None
    assert known.role == "auditor"


def test_nobody_ends_a_session_of_another(accounts: Accounts, users: dict[str, str]) -> None:
    token = accounts.sessions.start("lead")
    known = accounts.sessions.known(token)
    assert known is not None
    assert not accounts.sessions.end_one("moderator", known.session_no)
    assert accounts.sessions.end_one("lead", known.session_no)
    assert accounts.sessions.known(token) is None


def test_many_threads_at_once(accounts: Accounts, users: dict[str, str]) -> None:
    def work(number: int) -> bool:
        token = accounts.sessions.start("lead", str(number))
        accounts.filters.save("lead", f"filter {number}", "label=hostile")
        found = accounts.sessions.known(token) is not None
        accounts.sessions.end(token)
        return found and accounts.sessions.known(token) is None

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(work, range(60)))
    assert len(accounts.filters.of("lead")) == 60


def test_looking_a_session_up_does_not_wait_for_a_writer(
    accounts: Accounts, users: dict[str, str]
) -> None:
    token = accounts.sessions.start("lead")
    with accounts._database.transaction(), ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        assert pool.submit(accounts.sessions.known, token).result(5) is not None
        assert time.monotonic() - began < 5


# Preferences and filters


def test_preferences_stand_over_the_defaults(accounts: Accounts, users: dict[str, str]) -> None:
    assert accounts.preferences.of("lead") == Preferences()
    accounts.preferences.save("lead", Preferences(blur="all", muted=False, severe_in_a_row=0))
    kept = accounts.preferences.of("LEAD")
    assert kept == Preferences(blur="all", muted=False, severe_in_a_row=0)
    over = kept.over(DEFAULTS)
    assert (over.blur, over.muted, over.severe_in_a_row) == ("all", False, 0)
    assert (over.theme, over.break_after_minutes) == ("system", DEFAULTS.break_after_minutes)
    assert accounts.preferences.of("moderator") == Preferences()


@pytest.mark.parametrize(
    "wrong",
    [
        Preferences(blur="some"),  # type: ignore[arg-type]
        Preferences(theme="pink"),  # type: ignore[arg-type]
        Preferences(text_size="huge"),  # type: ignore[arg-type]
        Preferences(severe_in_a_row=-1),
        Preferences(break_after_minutes=481),
    ],
)
def test_preferences_that_may_not_be(
    accounts: Accounts, users: dict[str, str], wrong: Preferences
) -> None:
    with pytest.raises(AccountsError, match="choose"):
        accounts.preferences.save("lead", wrong)
    assert accounts.preferences.of("lead") == Preferences()


def test_filters_are_each_users_own(accounts: Accounts, users: dict[str, str]) -> None:
    accounts.filters.save("lead", "  Pashto   threats ", "?language=ps")
    accounts.filters.save("lead", "Pashto threats", "language=ps&label=hostile")
    (kept,) = accounts.filters.of("LEAD")
    assert (kept.name, kept.query) == ("Pashto threats", "language=ps&label=hostile")
    assert accounts.filters.of("moderator") == []
    assert not accounts.filters.delete("moderator", kept.filter_id)
    assert accounts.filters.delete("lead", kept.filter_id)
    assert accounts.filters.of("lead") == []
    for name, text in (("", "a=b"), ("x" * 81, "a=b"), ("x", "q" * 2001)):
        with pytest.raises(AccountsError):
            accounts.filters.save("lead", name, text)


def test_filters_are_bounded(accounts: Accounts, users: dict[str, str]) -> None:
    for number in range(100):
        accounts.filters.save("lead", str(number), "")
    with pytest.raises(AccountsError, match="delete one"):
        accounts.filters.save("lead", "one more", "")
    accounts.filters.save("lead", "7", "label=hostile")
