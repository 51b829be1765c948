"""Public text for training and for counting false alarms, where the user has it.

The files are not part of the project; their folder is given as a path and every function answers
with nothing where a file is not there. Each corpus is parted in two halves by a hash of the text
(or of its template): ``train`` may be fitted on, ``held`` only measured on.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from classifiers.knowledge import load

Half = Literal["train", "held"]

#: Of each file: where it comes from and its licence, for the model card.
SOURCES: tuple[Mapping[str, str], ...] = (
    {"name": "NTREX-128", "origin": "MicrosoftTranslator/NTREX", "licence": "CC BY-SA 4.0"},
    {"name": "HateCheck", "origin": "paul-rottger/hatecheck-data", "licence": "CC BY 4.0"},
    {"name": "NewsMTSC", "origin": "fhamborg/NewsMTSC", "licence": "MIT"},
    {"name": "CrisisLexT26", "origin": "sajao/CrisisLex", "licence": "MIT"},
)

#: HateCheck's protected groups as its templates write them in the plural.
_GROUPS = ("women", "trans people", "gay people", "black people", "disabled people", "immigrants")
_LANGUAGES = ("en", "ur", "ps", "prs")


@dataclass(frozen=True, slots=True)
class Aimed:
    """A directed label."""

    target: str
    severity: int
    frames: tuple[str, ...] = ("other",)
    source: str = "unknown"


@dataclass(frozen=True, slots=True)
class Public:
    """A message of a public corpus, labelled like the fixtures' examples."""

    text: str
    language: str
    family: str
    act: str
    hostile: tuple[Aimed, ...] = ()
    split: str = "train"
    channel_actor: str | None = None
    reply_to_text: str | None = None
    solicits_donation: bool = False
    claims_attack: bool = False
    review: bool = False


def for_training(folder: Path) -> Iterator[Public]:
    """The training halves of every corpus in ``folder``, in a fixed order."""
    yield from ntrex(folder, "train")
    yield from hatecheck(folder, "train")
    yield from newsmtsc(folder, "train")
    yield from crisislex(folder, "train")


def ntrex(folder: Path, half: Half) -> Iterator[Public]:
    """News sentences of the four languages; translations of one sentence share a half."""
    counts: dict[str, int] = {}
    for row in _rows(folder / "language" / "ntrex.tsv", ["language", "text"], header=False):
        language = row["language"]
        counts[language] = number = counts.get(language, 0) + 1
        # By blocks of lines: sentences of one article, and its translations, stay together.
        if language in _LANGUAGES and ((number // 40) % 2 == 0) == (half == "train"):
            yield Public(row["text"], language, f"ntrex-{number // 40}", "ntrex")


def crisislex(folder: Path, half: Half) -> Iterator[Public]:
    """Real appeals for relief: donations and volunteering."""
    for row in _rows(folder / "text" / "crisislex_t26_half.tsv"):
        if row["information_type"] == "Donations and volunteering" and (
            _half(row["event"]) == half
        ):
            yield Public(row["text"], "en", f"crisislex-{row['event']}", "crisislex")


def hatecheck(folder: Path, half: Half) -> Iterator[Public]:
    """Functional cases about groups, with an actor's name in place of the group."""
    names = _names()
    for row in _rows(folder / "text" / "hatecheck_en.tsv"):
        group, kind = row["target_ident"], row["functionality"]
        if group not in _GROUPS or kind.startswith(("spell", "slur")):
            continue
        template = row["templ_id"]
        if _half(template) != half or _number(row["case_id"]) % 3:
            continue
        actor, name = names[_number(template + group) % len(names)]
        text, found = re.subn(rf"\b{group}\b", name, row["test_case"], count=1, flags=re.IGNORECASE)
        if not found:
            continue
        severity = 3 if kind.startswith("threat") else 2 if "dehum" in kind else 1
        hostile = (Aimed(actor, severity),) if row["label_gold"] == "hateful" else ()
        yield Public(text, "en", f"hatecheck-{template}", f"hatecheck/{kind}", hostile)


def hatecheck_as_written(folder: Path) -> Iterator[Public]:
    """HateCheck's cases as they are: hostile or not, their targets are no actors of ours."""
    for row in _rows(folder / "text" / "hatecheck_en.tsv"):
        yield Public(row["test_case"], "en", f"hatecheck-{row['templ_id']}", "hatecheck")


def newsmtsc(folder: Path, half: Half, most: int = 1_500) -> Iterator[Public]:
    """News sentences with an actor in place of a person or party of neutral or good report."""
    names = _names()
    count = 0
    for row in _rows(folder / "text" / "newsmtsc.tsv"):
        text, mention = row["text"], row["mention"]
        start, end = int(row["start"]), int(row["end"])
        if row["polarity"] == "2.0" or not mention[:1].isupper() or text[start:end] != mention:
            continue
        if _half(text) != half or mention.lower() in ("he", "she", "they", "his", "her", "their"):
            continue
        _, name = names[_number(text) % len(names)]
        yield Public(text[:start] + name + text[end:], "en", f"news-{_number(text)}", "newsmtsc")
        count += 1
        if count == most:
            return


def _names() -> Sequence[tuple[str, str]]:
    """English names that mean one actor for certain."""
    known = load()
    return [
        (actor.id, term.text)
        for actor in known.actors.values()
        for term in known.terms
        if term.klass == "actor"
        and term.language == "en"
        and len(term.text) > 3
        and term.reference is not None
        and dict(term.reference.resolve()) == {actor.id: 1.0}
    ]


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "little")


def _half(text: str) -> Half:
    return "train" if _number(text) % 2 == 0 else "held"


def _rows(
    path: Path, columns: Sequence[str] | None = None, *, header: bool = True
) -> Iterator[dict[str, str]]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        fields = None if header else columns
        yield from csv.DictReader(file, fieldnames=fields, delimiter="\t", quoting=csv.QUOTE_NONE)
