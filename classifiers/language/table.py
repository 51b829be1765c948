"""Read ``data/languages.yaml``: the languages that can be named, and the detector's settings."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from classifiers.language.scoring import SCRIPTS

PATH = Path(__file__).parents[1] / "data" / "languages.yaml"


@dataclass(frozen=True, slots=True)
class Language:
    """A language that can be named; see the head of ``languages.yaml``."""

    tag: str
    name: str
    scripts: tuple[str, ...]
    in_scope: bool
    model_class: str
    second: str | None
    odds: float | None


@dataclass(frozen=True, slots=True)
class Settings:
    """When the detector abstains, asks again, and reports code-switching or Dari."""

    outside_odds: float
    abstain_below: float
    fewest_letters: int
    second_opinion_below: float
    second_opinion_share: float
    second_opinion_least: int
    mixed_from_share: float
    mixed_from_letters: int
    mixed_from_words: int
    dari_from: float
    dari_prior: float


@dataclass(frozen=True, slots=True)
class Languages:
    """The table, by tag."""

    by_tag: Mapping[str, Language]
    settings: Settings

    def class_of(self, tag: str) -> str:
        """The class that the model knows a tag as.

        Raises:
            ValueError: there is no such language; names the nearest.
        """
        if tag in self.by_tag:
            return self.by_tag[tag].model_class
        near = difflib.get_close_matches(tag, self.by_tag, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(self.by_tag)}"
        raise ValueError(f"no language {tag!r} in {PATH.name}; {hint}")


def load(path: Path = PATH) -> Languages:
    """Read and check the table.

    Raises:
        ValueError: what is wrong, with file and line, and what to do.
    """
    root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or set(data) != {"languages", "detection"}:
        raise ValueError(f"{path}, line 1: expected the keys 'languages' and 'detection'")
    assert root is not None  # a document with keys
    lines = {key.value: value for key, value in root.value}
    if not isinstance(data["languages"], list):
        raise ValueError(f"{path}, line {_line(lines['languages'])}: expected a list of languages")
    by_tag: dict[str, Language] = {}
    for row, node in zip(data["languages"], lines["languages"].value, strict=True):
        where = f"{path}, line {_line(node)}"
        language = _language(row, where)
        if language.tag in by_tag:
            raise ValueError(f"{where}: {language.tag!r} is there twice; remove one")
        for other in by_tag.values():
            both = set(other.scripts) & set(language.scripts)
            if both and not language.in_scope and other.model_class == language.model_class:
                raise ValueError(
                    f"{where}: {language.tag!r} and {other.tag!r} are one class and both "
                    f"{min(both)}; nothing would tell them apart"
                )
        by_tag[language.tag] = language
    settings = _settings(data["detection"], f"{path}, line {_line(lines['detection'])}")
    return Languages(by_tag, settings)


@cache
def languages() -> Languages:
    """The project's own table, read once."""
    return load()


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _language(row: Any, where: str) -> Language:
    known = {"tag", "name", "scripts", "in_scope", "model_class", "second", "odds"}
    if not isinstance(row, dict) or not {"tag", "name", "scripts", "in_scope"} <= set(row):
        raise ValueError(f"{where}: a language needs tag, name, scripts and in_scope")
    if unknown := set(row) - known:
        key = min(unknown)
        near = difflib.get_close_matches(str(key), known, 1)
        raise ValueError(f"{where}: unknown key {key!r}" + (f"; {near[0]!r}?" if near else ""))
    if not isinstance(row["in_scope"], bool):
        raise ValueError(f"{where}: in_scope must be true or false")
    scripts = row["scripts"]
    if not isinstance(scripts, list) or not scripts or not set(scripts) <= set(SCRIPTS):
        raise ValueError(f"{where}: scripts must be a list of {', '.join(SCRIPTS)}")
    odds = row.get("odds")
    if odds is not None and not (isinstance(odds, float) and 0 < odds <= 1):
        raise ValueError(f"{where}: odds must be above 0 and at most 1, not {odds!r}")
    return Language(
        str(row["tag"]),
        str(row["name"]),
        tuple(scripts),
        row["in_scope"],
        str(row.get("model_class", row["tag"])),
        str(row["second"]) if row.get("second") else None,
        odds,
    )


def _settings(row: Any, where: str) -> Settings:
    names = {field.name: field.type for field in fields(Settings)}
    if not isinstance(row, dict) or set(row) != set(names):
        raise ValueError(f"{where}: detection needs exactly {', '.join(names)}")
    for name, value in row.items():
        whole = names[name] == "int"
        good = isinstance(value, int) if whole else isinstance(value, int | float)
        if isinstance(value, bool) or not good or not (whole or 0 <= value <= 1) or value < 0:
            kind = "a whole number" if whole else "between 0 and 1"
            raise ValueError(f"{where}: {name} must be {kind}, not {value!r}")
    return Settings(**row)
