"""Evaluate rules: what holds now, what is new of it, what is to be told again, what is over."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

import duckdb

from warehouse.alerting.kinds import kinds
from warehouse.alerting.rule import Finding, Rule
from warehouse.sql import query
from warehouse.store import Store

#: Findings of one rule at one look; of more, the worst or latest.
MOST = 500
#: What resolved so short ago is the same alert when it holds again, where a rule has no quiet time.
BREAK = timedelta(days=1)

_SPACE = UUID("5a0f6f2e-5d0b-4b7e-9a57-6d0a5be0c1a7")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What one rule found; ``problem`` says why it could not be evaluated."""

    rule: Rule
    findings: tuple[Finding, ...]
    seconds: float
    problem: str | None = None

    @property
    def whole(self) -> bool:
        """Whether what is not among the findings does not hold."""
        return self.problem is None and len(self.findings) < MOST


def look(store: Store, rule: Rule, now: datetime) -> Look:
    """Evaluate one rule, without writing anything; what fails is said in the look."""
    began = time.perf_counter()
    try:
        findings = tuple(_findings(store, rule, now))
    except (duckdb.Error, ArithmeticError, ValueError) as error:
        told = str(error).split("\n", 1)[0]
        return Look(rule, (), time.perf_counter() - began, told or type(error).__name__)
    return Look(rule, findings, time.perf_counter() - began)


def evaluate(
    store: Store, rules: Sequence[Rule], now: datetime, *, whole: bool = True
) -> dict[str, Any]:
    """Evaluate rules and write down what came of it; done twice, the second time changes nothing.

    Args:
        now: UTC.
        whole: these are all rules: alerts of others are over.

    Returns:
        ``found`` (what holds), ``events`` (how many of each), ``problems`` (rule: why), ``seconds``
        (of each rule).

    Raises:
        duckdb.Error: the disk or the database failed; nothing is half done.
    """
    looks = [look(store, rule, now) for rule in rules]
    with store.transaction() as connection:
        told = _Telling(connection, now)
        for each in looks:
            for finding in each.findings:
                told.holds(finding)
        told.over(looks, whole)
        _keep_rules(connection, looks, now, whole)
    return {
        "found": sum(len(each.findings) for each in looks),
        "events": told.counts,
        "problems": {each.rule.id: each.problem for each in looks if each.problem},
        "seconds": {each.rule.id: round(each.seconds, 3) for each in looks},
    }


def _findings(store: Store, rule: Rule, now: datetime) -> Iterable[Finding]:
    from warehouse.alerting.judging import JUDGED  # noqa: PLC0415 (scipy takes its time)

    kind = kinds()[rule.kind]
    given: dict[str, object] = {
        "now": now,
        "since": now - timedelta(days=rule.window_days),
        "most": MOST,
        "labels": list(rule.labels),
        "channels": list(rule.channels),
    }
    values = {name: given[name] for name in kind.uses} | {
        name: rule.parameters.get(name, each.default) for name, each in kind.parameters.items()
    }
    rows = store.rows(kind.query, **values)
    for row in JUDGED[rule.kind](rows) if rule.kind in JUDGED else rows:
        if not math.isfinite(row["measure"]):
            continue
        filters = row["filters"]
        yield Finding(
            rule,
            row["key"],
            row["count"],
            row["measure"],
            row["subject"],
            row["evidence"],
            urlencode({"state": "all"} | {name: value for name, value in filters.items() if value})
            if filters
            else None,
        )


class _Telling:
    """Holds what is found against what is known, inside one transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
        self._connection, self._now = connection, now
        self._known = {
            (row["rule"], row["key"]): row
            for row in self._rows("known", now=now, longest=now - timedelta(days=366))
        }
        self._silences = [(row["rule"], row["key"]) for row in self._rows("silences", now=now)]
        self._seen: set[tuple[str, str]] = set()
        self.counts: dict[str, int] = {}

    def holds(self, finding: Finding) -> None:
        """Write down that a rule holds for a subject."""
        rule, now = finding.rule, self._now
        self._seen.add((rule.id, finding.key))
        row = self._known.get((rule.id, finding.key))
        if row and row["resolved_at"] and now - row["resolved_at"] >= _days(rule.quiet_days):
            row = None
        event = None
        if row is None:
            row = {
                "alert_id": uuid5(_SPACE, f"{rule.id}\n{finding.key}\n{now.isoformat()}"),
                "first_seen": now,
                "raised": 0,
                "notified_at": None,
                "notified_measure": None,
                "acknowledged_at": None,
                "resolved_at": None,
            }
            event = "held" if self._silenced(finding) else "raised"
        elif row["resolved_at"]:
            event = "reopened"
        if not self._silenced(finding) and event != "raised":
            event = self._again(finding, row) or event
        notified = event in {"raised", "again", "worse"}
        self._write(
            finding,
            row["alert_id"],
            row["first_seen"],
            row["raised"] + notified,
            now if notified else row["notified_at"],
            finding.measure if notified else row["notified_measure"],
            None,
        )
        if event:
            self._note(event, row["alert_id"], _told(finding), rule.routes)

    def over(self, looks: Sequence[Look], whole: bool) -> None:
        """Write down what holds no more."""
        looked = {each.rule.id: each.whole for each in looks}
        routes = {each.rule.id: each.rule.routes for each in looks}
        for (rule, key), row in self._known.items():
            ours = looked.get(rule, whole)
            if row["resolved_at"] is None and ours and (rule, key) not in self._seen:
                self._execute("resolve", alert_id=row["alert_id"], now=self._now)
                self._note("resolved", row["alert_id"], row, routes.get(rule, ()))

    def _again(self, finding: Finding, row: Mapping[str, Any]) -> str | None:
        """Whether what is known is to be told once more, and why."""
        rule, told = finding.rule, row["notified_measure"]
        acknowledged = row["acknowledged_at"] is not None and (
            row["notified_at"] is None or row["acknowledged_at"] >= row["notified_at"]
        )
        if row["notified_at"] is None:
            return None if acknowledged else "raised"
        if finding.measure > 0 and finding.measure >= rule.worse * told and told < finding.measure:
            return "worse"
        quiet = rule.quiet_days is None or self._now - row["notified_at"] < _days(rule.quiet_days)
        return None if acknowledged or quiet else "again"

    def _silenced(self, finding: Finding) -> bool:
        return any(
            rule in (None, finding.rule.id) and key in (None, finding.key)
            for rule, key in self._silences
        )

    def _write(  # noqa: PLR0913, PLR0917 (the columns that are its own)
        self,
        finding: Finding,
        alert_id: UUID,
        first_seen: datetime,
        raised: int,
        notified_at: datetime | None,
        notified_measure: float | None,
        resolved_at: datetime | None,
    ) -> None:
        self._execute("forget", alert_id=alert_id)
        self._execute(
            "keep",
            alert_id=alert_id,
            rule=finding.rule.id,
            kind=finding.rule.kind,
            key=finding.key,
            first_seen=first_seen,
            last_seen=self._now,
            resolved_at=resolved_at,
            raised=raised,
            notified_at=notified_at,
            notified_measure=notified_measure,
            **_told(finding),
        )

    def _note(
        self, event: str, alert_id: UUID, told: Mapping[str, Any], routes: Sequence[str]
    ) -> None:
        self.counts[event] = self.counts.get(event, 0) + 1
        columns = ("severity", "subject", "evidence", "link", "count", "measure")
        self._execute(
            "note",
            event_id=uuid5(_SPACE, f"{alert_id}\n{event}\n{self._now.isoformat()}"),
            alert_id=alert_id,
            event=event,
            now=self._now,
            routes=list(routes),
            **{name: told[name] for name in columns},
        )

    def _rows(self, name: str, **values: object) -> list[Row]:
        found = self._connection.sql(query(f"alerting/{name}"), params=values)
        rows: list[Row] = found.to_arrow_table().to_pylist()
        return rows

    def _execute(self, name: str, **values: object) -> None:
        self._connection.execute(query(f"alerting/{name}"), values)


def _told(finding: Finding) -> dict[str, Any]:
    """The columns that say what was found."""
    return {
        "severity": finding.rule.severity,
        "subject": _json(finding.subject),
        "evidence": _json(finding.evidence),
        "link": finding.link,
        "count": finding.count,
        "measure": finding.measure,
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False, sort_keys=True, allow_nan=False, default=str)


def _days(days: float | None) -> timedelta:
    return BREAK if days is None else timedelta(days=days)


def _keep_rules(
    connection: duckdb.DuckDBPyConnection, looks: Sequence[Look], now: datetime, whole: bool
) -> None:
    """Note how each rule fared."""
    connection.execute(
        query("alerting/forget_rules"), {"whole": whole, "rules": [each.rule.id for each in looks]}
    )
    for each in looks:
        connection.execute(
            query("alerting/keep_rule"),
            {
                "rule": each.rule.id,
                "kind": each.rule.kind,
                "severity": each.rule.severity,
                "description": each.rule.description,
                "routes": list(each.rule.routes),
                "now": now,
                "found": len(each.findings),
                "seconds": each.seconds,
                "problem": each.problem,
            },
        )
