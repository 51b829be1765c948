"""The rules of a retention, as plain data; reading them from a file is :mod:`flows.keeping`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

#: Labels of rules that are no labels of the classifiers: neither flagged nor decided; decided by a
#: moderator; the bytes of what could not be read, and files of the inbox that could not be loaded.
NONE, DECIDED, QUARANTINE = "none", "decided", "quarantine"
OWN = (NONE, DECIDED, QUARANTINE)

CountedFrom = Literal["loaded", "sent"]


class RetentionError(Exception):
    """The rules, or a hold, are not as they must be; the message says where and what to do."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Rule:
    """How long messages with a label are kept.

    Args:
        label: of the classifiers, or one of :data:`OWN`.
        keep_days: days of 24 hours; None: for ever.
        may_return: whether an export that shows a removed message again brings it back.
    """

    label: str
    keep_days: int | None
    may_return: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """One rule for each label, and what age is counted from."""

    rules: tuple[Rule, ...]
    counted_from: CountedFrom = "loaded"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, as a duty takes it.

        >>> Rules((Rule("none", 90),)).to_dict()["rules"]
        [{'label': 'none', 'keep_days': 90, 'may_return': False}]
        """
        rules = [
            {"label": rule.label, "keep_days": rule.keep_days, "may_return": rule.may_return}
            for rule in self.rules
        ]
        return {"counted_from": self.counted_from, "rules": rules}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Rules:
        """The rules of :meth:`to_dict`.

        Raises:
            RetentionError: they are not as they must be.
        """
        try:
            rules = tuple(Rule(**rule) for rule in told["rules"])
            made = cls(rules, told.get("counted_from", "loaded"))
        except (KeyError, TypeError) as error:
            raise RetentionError(
                f"the rules of the retention are not as they must be: {error}"
            ) from error
        made.check()
        return made

    def check(self) -> None:
        """Whether they can be meant.

        Raises:
            RetentionError: a label has two rules, or a number of days is none.
        """
        seen: set[str] = set()
        for rule in self.rules:
            if rule.label in seen:
                raise RetentionError(f"two rules for {rule.label!r}; leave one")
            seen.add(rule.label)
            days = rule.keep_days
            if days is not None and (isinstance(days, bool) or not 0 <= days <= 100_000):
                raise RetentionError(
                    f"{rule.label}: keep_days {days!r} must be 0 to 100,000, or null for ever"
                )
        if self.counted_from not in ("loaded", "sent"):
            raise RetentionError(f"counted_from {self.counted_from!r} must be loaded or sent")

    def days(self, label: str) -> int | None:
        """The days of a rule; None where there is none, or it is for ever."""
        return next((rule.keep_days for rule in self.rules if rule.label == label), None)

    def as_json(self) -> str:
        """The list of rules, for ``retention/rules.sql``."""
        return json.dumps(self.to_dict()["rules"])


@dataclass
class Removed:
    """What a part of a retention did, or would do: counts of messages by rule.

    ``held`` would be due, were it not for a hold; ``unread`` are items in quarantine that lost
    their bytes, ``rejected`` files of the inbox. ``next`` is where the next part begins, None at
    the end.
    """

    removed: dict[str, int] = field(default_factory=dict)
    revisions: int = 0
    held: int = 0
    unread: int = 0
    rejected: int = 0
    next: int | None = None

    def add(self, other: Removed) -> None:
        """Sum up, and go on where the other ended."""
        for rule, messages in other.removed.items():
            self.removed[rule] = self.removed.get(rule, 0) + messages
        self.revisions += other.revisions
        self.held += other.held
        self.unread += other.unread
        self.rejected += other.rejected
        self.next = other.next


def as_rows(rules: Sequence[Rule]) -> list[tuple[str, str]]:
    """Rules as a person reads them.

    >>> as_rows([Rule("none", 90), Rule("hostile", None)])
    [('none', '90 days'), ('hostile', 'for ever')]
    """
    return [
        (rule.label, "for ever" if rule.keep_days is None else f"{rule.keep_days} days")
        for rule in rules
    ]
