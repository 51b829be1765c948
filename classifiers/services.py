"""Read ``payment_services.csv``: names under which money is moved and what identifies a payee."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from classifiers.tables import KnowledgeError, Problem, read_csv, suggestion
from classifiers.vocabulary import ROUTES

HEADER = ("term", "service", "route", "country", "identifier", "note")

#: What names the payee of a service: a phone number, a bank account, a wallet address, or nothing.
IDENTIFIERS = ("phone", "account", "address", "none")


@dataclass(frozen=True, slots=True)
class Service:
    """One spelling of a payment service. ``country`` is ISO 3166-1 alpha-2, "" for anywhere."""

    term: str
    service: str
    route: str
    country: str
    identifier: str
    note: str
    line: int


def read_services(path: Path) -> tuple[list[Service], list[Problem]]:
    """The services' spellings and what is wrong with the table."""
    found: list[Service] = []
    problems: list[Problem] = []
    try:
        for line, row in read_csv(path, HEADER):
            for column, valid in (("route", ROUTES), ("identifier", IDENTIFIERS)):
                if row[column] not in valid:
                    what = f"unknown {column} {row[column]!r}"
                    problems.append(Problem(path.name, line, what, suggestion(row[column], valid)))
            if not row["term"].strip() or not row["service"].strip():
                problems.append(
                    Problem(path.name, line, "term or service is empty", "fill in both")
                )
            found.append(Service(**row, line=line))
    except KnowledgeError as error:
        problems += error.problems
    return found, problems
