"""The analyst's knowledge as one object: labels, actors, cue words, payment services.

Everything comes from the files of ``classifiers/data``; :func:`check` says what is wrong with them
and :func:`load` refuses to go on while anything is.

>>> knowledge = load()
>>> knowledge.actors["ttp"].name
'Tehreek-e-Taliban Pakistan'
>>> affiliation("Umar Media", None)
'ttp'
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifiers.actors import Actor, Outlet, read_actors
from classifiers.cues import check_folded, read_cues
from classifiers.labels import Definition, Label, Threshold, read_labels, read_thresholds
from classifiers.services import Service, read_services
from classifiers.tables import KnowledgeError, Problem
from classifiers.vocabulary import LANGUAGES, Term

__all__ = [
    "Actor",
    "Definition",
    "Knowledge",
    "KnowledgeError",
    "Label",
    "Outlet",
    "Problem",
    "Service",
    "Term",
    "Threshold",
    "affiliation",
    "check",
    "data_folder",
    "load",
    "version",
]

#: Languages whose cues can be reviewed; each has a table of its own in ``cues/``.
CUE_LANGUAGES = tuple(language for language in LANGUAGES if language != "any")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All reference data, in the order of the files. ``terms`` are names and cues together."""

    actors: Mapping[str, Actor]
    labels: Mapping[str, Label]
    frames: Mapping[str, Definition]
    severities: Mapping[int, Definition]
    routes: Mapping[str, Definition]
    thresholds: tuple[Threshold, ...]
    services: tuple[Service, ...]
    terms: tuple[Term, ...]
    spellings: Mapping[str, str] = field(repr=False)  # squeezed outlet or user name → actor id

    def threshold(self, label: str, language: str | None) -> float:
        """The probability from which a label is flagged in a language; else the label's own.

        >>> 0 < load().threshold("hostile", "ps") <= 1
        True
        """
        for row in self.thresholds:
            if row.label == label and row.language == language:
                return row.threshold
        return self.labels[label].threshold

    def affiliation(self, name: str | None, username: str | None) -> str | None:
        """The actor for whom a channel of this name or user name speaks, if an outlet says so."""
        for text, exact in ((username, True), (name, False)):
            found = self._outlet(text or "", exact)
            if found:
                return found
        return None

    def _outlet(self, text: str, exact: bool) -> str | None:
        key = _squeeze(text)
        if exact:
            return self.spellings.get("@" + key)
        if key in self.spellings:
            return self.spellings[key]
        # "Umar Media (Pashto)", "الصفحة الرسمية | Umar Media": the outlet's name among others,
        # as whole words, longest first.
        words = [_squeeze(word) for word in _WORDS.findall(text[:256])][:24]
        for size in range(min(5, len(words)), 0, -1):
            for start in range(len(words) - size + 1):
                found = self.spellings.get("".join(words[start : start + size]))
                if found:
                    return found
        return None


def data_folder() -> Path:
    """The folder of the bundled tables."""
    return Path(__file__).parent / "data"


def load(folder: Path | None = None, *, cues: bool = True) -> Knowledge:
    """Read all tables of ``folder`` (default: the bundled ones); cached.

    Every row is checked; what takes comparing all rows with each other, :func:`check` does.

    Args:
        folder: where the tables lie.
        cues: whether the tables of cues are read, which take the longest; without them ``terms``
            holds names and payment services alone.

    Raises:
        KnowledgeError: a table is wrong; the message names file, line and remedy of each problem.
    """
    return _load(folder or data_folder(), cues)


@functools.lru_cache(maxsize=4)
def _load(folder: Path, cues: bool) -> Knowledge:
    knowledge, problems = _read(folder, CUE_LANGUAGES if cues else ())
    if problems:
        raise KnowledgeError(problems)
    return knowledge


def forget() -> None:
    """Read the tables anew at the next :func:`load`: for who has just changed them."""
    _load.cache_clear()


def check(folder: Path | None = None) -> list[Problem]:
    """Everything that is wrong with the tables, in the order of files and lines; empty: nothing.

    >>> check()
    []
    """
    knowledge, problems = _read(folder or data_folder())
    services = "payment_services.csv"  # listed, not written by hand as terms
    written = [term for term in knowledge.terms if term.file != services]
    return sorted({*problems, *check_folded(written, fold_all)})


def affiliation(name: str | None, username: str | None) -> str | None:
    """The actor for whom a channel speaks by its name or user name, None where unknown.

    >>> affiliation("العزائم", None), affiliation("Kabul weather", "kabul_weather")
    ('iskp', None)
    """
    return load(cues=False).affiliation(name, username)


@functools.lru_cache(maxsize=4)
def version(folder: Path | None = None) -> str:
    """A hash (16 hex digits) of all tables: part of the version of every model that reads them."""
    digest = hashlib.sha256()
    root = folder or data_folder()
    for path in sorted((*root.glob("*.yaml"), *root.glob("*.csv"), *root.glob("cues/*.csv"))):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _read(
    folder: Path, languages: Sequence[str] = CUE_LANGUAGES
) -> tuple[Knowledge, list[Problem]]:
    actors, names, problems = read_actors(folder / "actors.yaml")
    labels, found = read_labels(folder / "labels.yaml")
    problems += found
    thresholds, found = read_thresholds(folder / "thresholds.csv", labels)
    problems += found
    services, found = read_services(folder / "payment_services.csv")
    problems += found
    cues: list[Term] = []
    for language in languages:
        terms, found = read_cues(folder / "cues" / f"{language}.csv")
        cues += terms
        problems += found
    problems += _strange_tables(folder)
    # A service's name is a route wherever it stands.
    routes = [
        Term(row.term, "any", "route", (row.route,), file="payment_services.csv", line=row.line)
        for row in services
    ]
    spellings, found = _spellings(actors)
    problems += found
    knowledge = Knowledge(
        actors={actor.id: actor for actor in actors},
        labels=labels.labels,
        frames=labels.frames,
        severities=labels.severities,
        routes=labels.routes,
        thresholds=tuple(thresholds),
        services=tuple(services),
        terms=(*names, *cues, *routes),
        spellings=spellings,
    )
    return knowledge, problems


def fold(text: str) -> str:
    """The form in which terms are compared with messages.

    >>> fold("KHORASAN") == fold("khorasan")
    True
    """
    from classifiers.normalise import normalise  # noqa: PLC0415 - compiles a kernel on import

    return normalise(text).text.strip()


def fold_all(texts: Iterable[str]) -> list[str]:
    """Each text as :func:`fold` gives it, in one pass over them joined.

    >>> fold_all(["ISIS-K", "a.b"]) == [fold("ISIS-K"), fold("a.b")]
    True
    """
    from classifiers.normalise import normalise  # noqa: PLC0415 - compiles a kernel on import

    ordered = [" ".join(text.split()) for text in texts]
    # A word between the terms keeps a disguise from reaching over a line ("e g", "a").
    joined = normalise("\nfolded\n".join(ordered)).text
    folded = [part.strip() for part in joined.split("\nfolded\n")]
    return folded if len(folded) == len(ordered) else [fold(text) for text in ordered]


def _strange_tables(folder: Path) -> list[Problem]:
    return [
        Problem(
            path.name,
            1,
            "no language of the codebook",
            f"name it one of {', '.join(CUE_LANGUAGES)}",
        )
        for path in sorted((folder / "cues").glob("*.csv"))
        if path.stem not in CUE_LANGUAGES
    ]


_WORDS = re.compile(r"\w+(?:[-'’]\w+)*")


def _squeeze(text: str) -> str:
    """A name without spaces, punctuation and look-alike differences: "Al-Azaim" → "alazaim"."""
    return "".join(filter(str.isalnum, fold(text[:256])))


def _squeeze_all(texts: Sequence[str]) -> list[str]:
    return ["".join(filter(str.isalnum, text)) for text in fold_all(t[:256] for t in texts)]


def _spellings(actors: Sequence[Actor]) -> tuple[dict[str, str], list[Problem]]:
    table: dict[str, str] = {}
    problems = []
    written = [
        text
        for actor in actors
        for outlet in actor.outlets
        for text in (*outlet.spellings, *outlet.usernames)
    ]
    folded = dict(zip(written, _squeeze_all(written), strict=True))
    for actor in actors:
        for outlet in actor.outlets:
            spellings = [*outlet.spellings, *outlet.usernames]
            keys = [
                "@" * (place >= len(outlet.spellings)) + folded[spelling]
                for place, spelling in enumerate(spellings)
            ]
            for key in keys:
                owner = table.setdefault(key, actor.id)
                if owner != actor.id:
                    problems.append(
                        Problem(
                            "actors.yaml",
                            1,
                            f"the outlet {outlet.name!r} belongs to {owner!r} and {actor.id!r}",
                            "leave it to one of them",
                        )
                    )
    return table, problems
