"""Read ``cues/<language>.csv``: the words and phrases around a name that say what is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from classifiers.tables import KnowledgeError, Problem, read_csv, suggestion
from classifiers.vocabulary import CUE_CLASSES, FRAMES, ROUTES, Term

HEADER = ("term", "class", "frame", "severity", "note")

#: Latin words of two letters stand in these classes only (``we``, ``no``); shorter ones nowhere.
SHORT_WORD_CLASSES = frozenset(
    ("self", "negation", "hypothetical", "pronoun", "reporting", "quoting", "agent", "passive")
)

#: Pairs of classes that one and the same term cannot both have.
CONTRADICTIONS = frozenset(
    frozenset(pair)
    for pair in (
        ("hostile", "praise"),
        ("hostile", "peace"),
        ("hostile", "humanitarian"),
        ("hostile", "thanks"),
        ("beneficiary", "humanitarian"),
        ("ask", "negation"),
        ("ask", "warning"),
        ("ask", "thanks"),
        ("claim", "reporting"),
        ("self", "pronoun"),
    )
)


def read_cues(path: Path) -> tuple[list[Term], list[Problem]]:
    """The terms of one language's table and what is wrong with it, row by row."""
    language = path.name.removesuffix(".csv")
    terms: list[Term] = []
    problems: list[Problem] = []
    try:
        for line, row in read_csv(path, HEADER):
            found = _problems_of_row(path.name, line, row)
            problems += found
            if not found:
                terms.append(_term(path.name, line, language, row))
    except KnowledgeError as error:
        problems += error.problems
    return terms, problems


def _term(file: str, line: int, language: str, row: dict[str, str]) -> Term:
    return Term(
        text=row["term"],
        language=language,
        klass=row["class"],
        frames=tuple(row["frame"].split(";")) if row["frame"] else (),
        severity=int(row["severity"]) if row["severity"] else None,
        note=row["note"],
        file=file,
        line=line,
    )


def _problems_of_row(file: str, line: int, row: dict[str, str]) -> list[Problem]:
    def problem(what: str, remedy: str) -> Problem:
        return Problem(file, line, what, remedy)

    found = []
    term, klass = row["term"], row["class"]
    if not term.strip():
        found.append(problem("the term is empty", "write a term, or remove the line"))
    elif term != term.strip():
        found.append(problem(f"spaces around the term {term!r}", "remove them"))
    if klass not in CUE_CLASSES:
        found.append(problem(f"unknown class {klass!r}", suggestion(klass, CUE_CLASSES)))
        return found
    valid = {"hostile": FRAMES, "route": ROUTES}.get(klass, ())
    named = [name for name in row["frame"].split(";") if name]
    if valid and not named:
        found.append(problem(f"a {klass} term without a frame", suggestion("", valid)))
    for name in named:
        if not valid:
            found.append(problem(f"a {klass} term has the frame {name!r}", "leave frame empty"))
        elif name not in valid:
            found.append(problem(f"unknown frame {name!r}", suggestion(name, valid)))
    if klass == "hostile" and row["severity"] not in ("1", "2", "3"):
        found.append(problem(f"severity {row['severity']!r}", "use 1, 2 or 3, see labels.yaml"))
    if klass != "hostile" and row["severity"]:
        found.append(problem(f"a {klass} term has a severity", "leave severity empty"))
    return found


def check_folded(
    terms: Iterable[Term], fold_all: Callable[[Iterable[str]], Sequence[str]]
) -> list[Problem]:
    """What only shows in the form that is matched: repeats, contradictions, terms too short."""
    problems: list[Problem] = []
    seen: dict[tuple[str, str], dict[str, Term]] = {}
    checked = [term for term in terms if term.klass != "context"]
    for term, folded in zip(checked, fold_all(term.text for term in checked), strict=True):
        letters = sum(map(str.isalnum, folded))
        if not letters:
            problems.append(
                _of(term, f"{term.text!r} folds to nothing", "write it with letters or digits")
            )
            continue
        if letters < 2 or (letters < 3 and _needs_three(term, folded)):
            problems.append(
                _of(
                    term,
                    f"{term.text!r} is too short and would match everywhere",
                    "write a longer phrase, or for a name give it `requires` or `cased: yes`",
                )
            )
        others = seen.setdefault((term.language, folded), {})
        problems += _clashes(term, others)
        others.setdefault(term.klass, term)
    return problems


def _needs_three(term: Term, folded: str) -> bool:
    if term.reference is not None:
        return not (term.cased or term.reference.requires)
    # Arabic script leaves out short vowels: its words of two letters are words like any other.
    return folded.isascii() and term.klass not in SHORT_WORD_CLASSES


def _clashes(term: Term, others: dict[str, Term]) -> list[Problem]:
    for klass, other in others.items():
        if klass == term.klass:
            what = f"{term.text!r} is matched like {other.text!r} of {other.place}"
            return [_of(term, what, "remove one of the two lines")]
        pair = frozenset((klass, term.klass))
        if pair in CONTRADICTIONS or "benign" in pair:
            what = f"{term.text!r} is {term.klass} here and {klass} at {other.place}"
            return [_of(term, what, "keep one of them, or write longer phrases")]
    return []


def _of(term: Term, what: str, remedy: str) -> Problem:
    return Problem(term.file, term.line, what, remedy)
