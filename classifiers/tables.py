"""Reference tables (YAML and CSV) whose every value remembers the line it stands on.

An analyst edits these files; a mistake is answered with the file, the line, what is wrong and what
to do, and with the nearest valid word where there is one.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

#: Larger than any table an analyst would keep by hand; a guard against reading the wrong file.
MAX_TABLE_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in one reference table: where it stands, what is wrong and what to do."""

    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}; {self.remedy}"


class KnowledgeError(ValueError):
    """The reference tables cannot be used; the message lists every problem, one a line."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class Text(str):
    """A string of a YAML file that knows its line (1-based)."""

    __slots__ = ("line",)
    line: int


class Record(dict[Any, Any]):
    """A mapping of a YAML file that knows its line (1-based)."""

    __slots__ = ("line",)
    line: int


def _resolvers() -> dict[str, list[tuple[str, Any]]]:
    """YAML's guesses at types without flags and dates: ``no`` and ``on`` stay words."""
    return {
        first: [
            (tag, pattern) for tag, pattern in rules if not tag.endswith((":bool", ":timestamp"))
        ]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML in which strings and mappings carry lines and a repeated key is an error.

    Parsed in C where PyYAML was built with it.
    """

    yaml_implicit_resolvers = _resolvers()

    def located_text(self, node: yaml.ScalarNode) -> Text:
        text = Text(self.construct_scalar(node))
        text.line = node.start_mark.line + 1
        return text

    def located_record(self, node: yaml.MappingNode) -> Record:
        record = Record()
        record.line = node.start_mark.line + 1
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable) or key in record:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
                )
            record[key] = self.construct_object(value_node, deep=True)
        return record


_Loader.add_constructor("tag:yaml.org,2002:str", _Loader.located_text)
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.located_record)


def line_of(value: object, default: int = 1) -> int:
    """The line of a located value; of a list, the line of its first located element."""
    if isinstance(value, Text | Record):
        return value.line
    if isinstance(value, list):
        return next((line_of(item) for item in value if isinstance(item, Text | Record)), default)
    return default


def read_yaml(path: Path) -> Record:
    """Read a YAML mapping whose strings and mappings carry their lines.

    Raises:
        KnowledgeError: the file is missing, is no YAML, or is no mapping.
    """
    text = _read(path)
    try:
        # _Loader is a SafeLoader: it constructs plain data only.
        data = yaml.load(text, Loader=_Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise KnowledgeError(
            [Problem(path.name, line, f"no valid YAML: {error.problem}", "correct this line")]
        ) from None
    except yaml.YAMLError as error:
        raise KnowledgeError(
            [Problem(path.name, 1, f"no valid YAML: {error}", "correct the file")]
        ) from None
    if not isinstance(data, Record):
        raise KnowledgeError([Problem(path.name, 1, "no mapping", "start with `key:` lines")])
    return data


def read_csv(path: Path, header: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, row) of a CSV table that must have exactly this header.

    Raises:
        KnowledgeError: the file is missing, has another header, or a row has too many or too few
            columns (all such rows are listed).
    """
    reader = csv.reader(io.StringIO(_read(path), newline=""))
    found = next(reader, [])
    if found != list(header):
        raise KnowledgeError(
            [
                Problem(
                    path.name,
                    1,
                    f"the header is {','.join(found)!r}",
                    f"make it {','.join(header)!r}",
                )
            ]
        )
    problems = []
    for row in reader:
        if not any(row):
            continue
        if len(row) != len(header):
            problems.append(
                Problem(
                    path.name,
                    reader.line_num,
                    f"{len(row)} columns where the header has {len(header)}",
                    "add the missing commas, or put a term that has a comma in quotes",
                )
            )
            continue
        yield reader.line_num, dict(zip(header, row, strict=True))
    if problems:
        raise KnowledgeError(problems)


def suggestion(word: str, valid: Iterable[str]) -> str:
    """What to do about an unknown word: the nearest valid one, or the list of them.

    >>> suggestion("hostil", ["hostile", "benign"])
    "did you mean 'hostile'?"
    >>> suggestion("?", ["b", "a"])
    'use one of a, b'
    """
    choices = sorted(valid)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(choices)}"


def unknown_keys(
    record: Mapping[str, object], allowed: Iterable[str], file: str, line: int
) -> list[Problem]:
    """A problem for each key of a YAML mapping that means nothing."""
    valid = list(allowed)
    return [
        Problem(file, line_of(key, line), f"unknown key {key!r}", suggestion(str(key), valid))
        for key in record
        if key not in valid
    ]


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise KnowledgeError(
                [Problem(path.name, 1, f"larger than {MAX_TABLE_BYTES} bytes", "split the table")]
            )
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise KnowledgeError(
            [Problem(path.name, 1, f"cannot be read ({error.strerror})", "restore the file")]
        ) from None
    except UnicodeDecodeError as error:
        raise KnowledgeError(
            [Problem(path.name, 1, f"is not UTF-8 (byte {error.start})", "save it as UTF-8")]
        ) from None
