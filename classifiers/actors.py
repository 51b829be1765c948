"""Read ``actors.yaml``: who there is, and every name, epithet and outlet that means somebody."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifiers.tables import (
    KnowledgeError,
    Problem,
    Record,
    line_of,
    read_yaml,
    suggestion,
    unknown_keys,
)
from classifiers.vocabulary import ACTOR_KINDS, FRAMES, LANGUAGES, Context, Reference, Term


@dataclass(frozen=True, slots=True)
class Role:
    """What an actor is from a date on (``until`` is exclusive; None: still)."""

    role: str
    since: datetime.date | None
    until: datetime.date | None


@dataclass(frozen=True, slots=True)
class Outlet:
    """A channel or medium that speaks for an actor; ``spellings`` in any script."""

    name: str
    actor: str
    spellings: tuple[str, ...]
    usernames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who may speak or be spoken of. ``militant``: gifts to it are solicitation."""

    id: str
    name: str
    kind: str
    militant: bool
    roles: tuple[Role, ...]
    outlets: tuple[Outlet, ...]
    note: str

    def role(self, day: datetime.date) -> str:
        """What the actor was on a day; its kind where no role is dated."""
        for role in self.roles:
            if (role.since or datetime.date.min) <= day < (role.until or datetime.date.max):
                return role.role
        return self.kind


def read_actors(path: Path) -> tuple[list[Actor], list[Term], list[Problem]]:
    """Actors, the terms that name them, and what is wrong with the file."""
    try:
        data = read_yaml(path)
    except KnowledgeError as error:
        return [], [], list(error.problems)
    return _Reading(path.name).read(data)


class _Reading:
    """One pass over the file that collects problems instead of stopping at the first."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.ids: list[str] = []
        self.terms: list[Term] = []
        self.contexts_seen: set[str] = set()

    def read(self, data: Record) -> tuple[list[Actor], list[Term], list[Problem]]:
        sections = ("actors", "aliases", "epithets", "designations")
        self.problems += unknown_keys(data, sections, self.file, data.line)
        records = list(self.records(data, "actors"))
        self.ids = [str(record.get("id", "")) for record in records]
        actors = [self.actor(record) for record in records]
        for name in {name for name in self.ids if self.ids.count(name) > 1}:
            self.complain(data, f"the actor id {name!r} stands twice", "rename or merge one")
        for section in ("aliases", "epithets", "designations"):
            for record in self.records(data, section):
                self.ambiguous(section, record)
        return actors, self.terms, self.problems

    def complain(self, where: object, what: str, remedy: str, line: int = 1) -> None:
        self.problems.append(Problem(self.file, line_of(where, line), what, remedy))

    def records(self, data: Record, key: str) -> Iterator[Record]:
        for item in self.sequence(data, key):
            if isinstance(item, Record):
                yield item
            else:
                self.complain(item, f"an entry of {key!r} is no mapping", "write `- id: …`")

    def sequence(self, record: Record, key: str) -> Sequence[object]:
        value = record.get(key) or []
        if isinstance(value, list):
            return value
        self.complain(value, f"{key!r} is no list", "write it as [a, b]", record.line)
        return []

    def texts(self, record: Record, key: str) -> tuple[str, ...]:
        found = []
        for item in self.sequence(record, key):
            if isinstance(item, str) and item.strip():
                found.append(str(item).strip())
            else:
                self.complain(
                    item,
                    f"{item!r} in {key!r} is no text",
                    "put it in quotes, or remove the empty entry",
                    record.line,
                )
        return tuple(found)

    def text(self, record: Record, key: str, required: bool = True) -> str:
        value = record.get(key)
        if isinstance(value, str) and value.strip():
            return str(value).strip()
        if required or value is not None:
            self.complain(value, f"{key!r} is missing or empty", f"give it a {key}", record.line)
        return ""

    def choice(self, record: Record, key: str, valid: Sequence[str]) -> str:
        value = self.text(record, key)
        if value and value not in valid:
            self.complain(record.get(key), f"unknown {key} {value!r}", suggestion(value, valid))
        return value

    def actor(self, record: Record) -> Actor:
        keys = ("id", "name", "kind", "militant", "note", "roles", "names", "cased", "outlets")
        self.problems += unknown_keys(record, keys, self.file, record.line)
        actor_id = self.text(record, "id")
        militant = record.get("militant", "no")
        if militant not in ("yes", "no"):
            self.complain(militant, "'militant' is neither yes nor no", "write yes or no")
        reference = Reference(means={actor_id: 1.0})
        names = record.get("names") or Record()
        cased = self.texts(record, "cased")
        for language, term in self.by_language(record, names):
            self.terms.append(self.term(term, language, "actor", reference))
        for term in cased:
            self.terms.append(self.term(term, "any", "actor", reference, cased=True))
        outlets = tuple(self.outlet(actor_id, item) for item in self.records(record, "outlets"))
        return Actor(
            id=actor_id,
            name=self.text(record, "name"),
            kind=self.choice(record, "kind", ACTOR_KINDS),
            militant=militant == "yes",
            roles=tuple(self.role(item) for item in self.records(record, "roles")),
            outlets=outlets,
            note=self.text(record, "note", required=False),
        )

    def role(self, record: Record) -> Role:
        self.problems += unknown_keys(record, ("role", "from", "until"), self.file, record.line)
        return Role(self.text(record, "role"), self.day(record, "from"), self.day(record, "until"))

    def day(self, record: Record, key: str) -> datetime.date | None:
        value = record.get(key)
        if value is None:
            return None
        try:
            return datetime.date.fromisoformat(str(value))
        except ValueError:
            self.complain(value, f"{key} {value!r} is no date", "write it as 2021-08-15")
            return None

    def outlet(self, actor_id: str, record: Record) -> Outlet:
        keys = ("name", "spellings", "usernames", "note")
        self.problems += unknown_keys(record, keys, self.file, record.line)
        name = self.text(record, "name")
        spellings = (name, *self.texts(record, "spellings"))
        reference = Reference(means={actor_id: 1.0})
        for item in [record.get("name"), *self.sequence(record, "spellings")]:
            if isinstance(item, str):
                self.terms.append(self.term(item, "any", "outlet", reference))
        return Outlet(name, actor_id, spellings, self.texts(record, "usernames"))

    def ambiguous(self, section: str, record: Record) -> None:
        """Terms whose actor depends on who speaks and on what else the message says."""
        keys = ["id", "terms", "means", "context", "speakers", "hints", "requires", "cased", "note"]
        if section == "epithets":
            keys += ["frames", "severity"]
        self.problems += unknown_keys(record, keys, self.file, record.line)
        self.text(record, "id")
        frames: tuple[str, ...] = ()
        severity = None
        if section == "epithets":
            frames = self.texts(record, "frames")
            for frame in [item for item in self.sequence(record, "frames") if item not in FRAMES]:
                self.complain(frame, f"unknown frame {frame!r}", suggestion(str(frame), FRAMES))
            if not frames:
                self.complain(record, "an epithet without frames", "add `frames: [other]`")
            severity = record.get("severity")
            if severity not in (1, 2, 3):
                self.complain(
                    record, f"severity {severity!r} is not 1, 2 or 3", "see labels.yaml for them"
                )
        reference = self.reference(record)
        klass = {"aliases": "actor", "epithets": "epithet", "designations": "designation"}[section]
        cased = record.get("cased", "no")
        if cased not in ("yes", "no"):
            self.complain(cased, "'cased' is neither yes nor no", "write yes or no")
        terms = record.get("terms") or Record()
        found = list(self.by_language(record, terms))
        if not found:
            self.complain(record, f"{record.get('id')!r} has no terms", "add some, or remove it")
        for language, term in found:
            self.terms.append(
                self.term(
                    term,
                    language,
                    klass,
                    reference,
                    cased=cased == "yes",
                    frames=frames,
                    severity=severity,
                )
            )
        for word in reference.words:
            if word not in self.contexts_seen:
                self.contexts_seen.add(word)
                self.terms.append(Term(word, "any", "context", file=self.file, line=record.line))

    def reference(self, record: Record) -> Reference:
        speakers = record.get("speakers") or Record()
        if not isinstance(speakers, Record):
            self.complain(speakers, "'speakers' is no mapping", "write speaker: actor")
            speakers = Record()
        return Reference(
            means=self.means(record, record.get("means")),
            context=self.contexts(record, "context"),
            speakers={
                self.known(speaker, record.line): self.means(record, value)
                for speaker, value in speakers.items()
            },
            hints=self.contexts(record, "hints"),
            requires=self.texts(record, "requires"),
        )

    def contexts(self, record: Record, key: str) -> tuple[Context, ...]:
        found = []
        for item in self.records(record, key):
            self.problems += unknown_keys(item, ("words", "means"), self.file, item.line)
            found.append(Context(self.texts(item, "words"), self.means(item, item.get("means"))))
        return tuple(found)

    def means(self, record: Record, value: object) -> dict[str, float]:
        """Shares by actor from ``actor``, ``[actor, actor]`` or ``{actor: share}``."""
        if value is None:
            return {}
        if isinstance(value, str):
            return {self.known(value, record.line): 1.0}
        if isinstance(value, list):
            return {self.known(item, record.line): 1.0 / len(value) for item in value}
        if isinstance(value, Record) and all(
            isinstance(share, int | float) and 0 < share <= 1 for share in value.values()
        ):
            if sum(value.values()) > 1 + 1e-9:
                self.complain(value, "the shares sum to more than 1", "lower one of them")
            return {self.known(item, value.line): float(share) for item, share in value.items()}
        self.complain(
            value, f"{value!r} says no actor", "write `ttp` or `{iskp: 0.5, ttp: 0.5}`", record.line
        )
        return {}

    def known(self, actor_id: object, line: int) -> str:
        if actor_id not in self.ids:
            self.complain(
                actor_id,
                f"unknown actor {actor_id!r}",
                suggestion(str(actor_id), self.ids),
                line,
            )
        return str(actor_id)

    def by_language(self, record: Record, names: object) -> Iterator[tuple[str, object]]:
        if not isinstance(names, Record):
            self.complain(names, "names are no mapping", "write `en: […]`", record.line)
            return
        self.problems += [
            Problem(self.file, line_of(key, record.line), f"unknown language {key!r}", remedy)
            for key in names
            if key not in LANGUAGES
            for remedy in [suggestion(str(key), LANGUAGES)]
        ]
        for language in names:
            for term in self.sequence(names, language):
                if isinstance(term, str) and term.strip():
                    yield str(language), term
                else:
                    self.complain(
                        term, f"{term!r} is no name", "put it in quotes, or remove it", names.line
                    )

    def term(  # noqa: PLR0913 - the columns of a term
        self,
        text: object,
        language: str,
        klass: str,
        reference: Reference,
        *,
        cased: bool = False,
        frames: tuple[str, ...] = (),
        severity: int | None = None,
    ) -> Term:
        return Term(
            text=str(text).strip(),
            language=language,
            klass=klass,
            frames=frames,
            severity=severity,
            reference=reference,
            cased=cased,
            file=self.file,
            line=line_of(text),
        )
