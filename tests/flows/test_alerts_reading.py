"""The table of alerts: what it may hold, and how a mistake is answered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.alerting.reading import AlertsError, read_alerts, span
from flows.alerting.routes import RouteError, secret
from warehouse.alerting.kinds import kinds

RULE = "- {id: one, kind: burst, severity: info}"
MAIL = "name: m, type: email, host: h.example, from: a@b.example, to: [c@d.example]"


def table(tmp_path: Path, rules: str = RULE, routes: str = "[]", console: str = "http://c") -> Path:
    path = tmp_path / "alerts.yaml"
    routes = routes if routes == "[]" else "\n" + routes
    path.write_text(f"console: {console}\nroutes: {routes}\nrules:\n{rules}\n", "utf-8")
    return path


def test_the_built_in_table_has_every_kind_and_sends_nothing() -> None:
    found = read_alerts()
    assert {rule.kind for rule in found.rules} == set(kinds())
    assert found.routes == ()
    assert all(rule.routes == () and rule.description for rule in found.rules)


def test_what_is_not_said_is_as_the_kind_has_it(tmp_path: Path) -> None:
    found = read_alerts(table(tmp_path, routes="- {name: p, type: prefect}"))
    [rule] = found.rules
    assert (rule.window_days, rule.quiet_days, rule.parameters) == (7, 1, {})
    assert rule.routes == ("p",)
    assert rule.description == kinds()["burst"].meaning
    more = "- {id: one, kind: burst, quiet: never, window: 36h, to: [], parameters: {minimum: 3}}"
    [rule] = read_alerts(table(tmp_path, more)).rules
    assert (rule.window_days, rule.quiet_days) == (1.5, None)
    assert (rule.parameters, rule.routes) == ({"minimum": 3}, ())


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("- {id: one, kind: brust}", "4: `kind`: no kind 'brust'; did you mean 'burst'?"),
        ("- {id: one, kind: burst, sevrity: info}", "unknown key 'sevrity'; did you mean 'sever"),
        ("- {id: one, kind: burst, severity: warn}", "cannot be 'warn'; did you mean 'warning'?"),
        ("- {id: One, kind: burst}", "'One' is no name"),
        ("- id: one\n  kind: burst\n  window: soon", "6: `window`: 'soon' is no length of time"),
        (
            "- id: one\n  kind: burst\n  parameters:\n    minimum: 0",
            "7: `minimum`: must be an inte",
        ),
        ("- {id: one, kind: burst, parameters: {minimun: 3}}", "did you mean 'minimum'?"),
        ("- {id: one, kind: drift, parameters: {of: words}}", "must be one of languages scores"),
        ("- {id: one, kind: indicator_again, parameters: {only_flagged: maybe}}", "yes or no"),
        ("- {id: one, kind: queue_old, labels: [hostil]}", "did you mean 'hostile'?"),
        ("- {id: one, kind: run_failed, channels: [a]}", "cannot be limited to channels"),
        ("- {id: one, kind: burst, to: [team]}", "no route 'team'; add it under `routes`"),
        ("- {id: one, kind: burst, worse: 1}", "1 is out of range; from 1.01 to 1000"),
        (RULE + "\n" + RULE, "5: `id`: 'one' stands twice"),
        ("- one", "no list of mappings"),
    ],
)
def test_a_mistake_in_a_rule_is_named_with_its_line(tmp_path: Path, rules: str, says: str) -> None:
    with pytest.raises(AlertsError) as raised:
        read_alerts(table(tmp_path, rules))
    assert "alerts.yaml:" in str(raised.value)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("routes", "says"),
    [
        ("- {name: a, type: webhok}", "did you mean 'webhook'?"),
        ("- {name: a, type: webhook}", "3: `url`: is missing"),
        ("- {name: a, type: webhook, url: 'ftp://x'}", "no address"),
        ("- {name: a, type: webhook, url: 'http://x', secret: hush}", "does not stand in this"),
        ("- {name: a, type: webhook, url: 'http://x', secret: {enw: A}}", "does not stand in this"),
        ("- {name: a, type: apprise, url: 'slack://token'}", "does not stand in this file"),
        ("- {" + MAIL + ", password: {env: P}}", "user and password go together"),
        ("- {" + MAIL + ", security: none, user: u, password: {env: P}}", "in the open"),
        ("- {" + MAIL.replace("a@b.example", "'A <a@b.example>'") + "}", "`from`: no address"),
        ("- {" + MAIL.replace("[c@d.example]", "c@d.example") + "}", "`to`: no list of texts"),
        ("- {" + MAIL + ", port: 99999}", "out of range"),
        ("- {name: a, type: prefect}\n- {name: a, type: prefect}", "stands twice"),
    ],
)
def test_a_mistake_in_a_route_is_named(tmp_path: Path, routes: str, says: str) -> None:
    with pytest.raises(AlertsError) as raised:
        read_alerts(table(tmp_path, routes=routes))
    assert says in str(raised.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(AlertsError) as raised:
        read_alerts(table(tmp_path, "- {id: A, kind: burst, window: x, worse: y}", console="here"))
    assert len(raised.value.problems) == 4


def test_a_secret_is_in_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("hush\n", "utf-8")
    routes = "\n".join(
        f"- {{name: {name}, type: webhook, url: 'http://x', secret: {where}}}"
        for name, where in (("a", "{env: CW_SECRET}"), ("b", f"{{file: {tmp_path / 'secret'}}}"),
                            ("c", f"{{file: {tmp_path / 'none'}}}"))
    )  # fmt: skip
    a, b, c = read_alerts(table(tmp_path, routes=routes)).routes
    with pytest.raises(RouteError, match="CW_SECRET, which is not set"):
        secret(a, "secret")
    monkeypatch.setenv("CW_SECRET", "quiet")
    assert (secret(a, "secret"), secret(b, "secret"), secret(b, "ca")) == ("quiet", "hush", None)
    with pytest.raises(RouteError, match="cannot be read"):
        secret(c, "secret")


@given(st.floats(0.01, 9999).map(lambda value: round(value, 2)), st.sampled_from("mhdw"))
def test_any_length_of_time_is_read(number: float, unit: str) -> None:
    seconds = {"m": 60, "h": 3600, "d": 86400, "w": 604800}[unit]
    found = span(f"{number:.2f}{unit}")
    assert found is not None
    assert abs(found - timedelta(seconds=number * seconds)) < timedelta(milliseconds=1)


@given(st.text(max_size=10))
def test_any_text_is_a_length_of_time_or_none(text: str) -> None:
    assert span(text) is None or span(text) > timedelta(0)  # type: ignore[operator]
