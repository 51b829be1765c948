"""Text from packages: interface messages of programs, Unicode's names of signs, lists of words.

All but the last are folders as their packages bring them. They hold what public corpora of
sentences do not: Pashto by other hands, and many neighbours of the four languages.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from zipfile import ZipFile

#: Words of a list that make a text.
WORDS = 6
#: A message with fewer letters than this says nothing about its language.
FEWEST_LETTERS = 12

# What is no text in a message: markup, links, parameters; of a template the first of its forms.
_MARKUP = (
    (re.compile(r"<[^>]*>|https?://\S+|\{\{[^{}|]*\}\}"), " "),
    (re.compile(r"\{\{(?:PLURAL|GENDER|int)[^{}|]*\|([^{}|]*)[^{}]*\}\}", re.IGNORECASE), r"\1"),
    (re.compile(r"\[\[[^\]|]*\|([^\]]*)\]\]"), r"\1"),
    (re.compile(r"\[\[[^\]]*\]\]|\{\{[^{}]*\}\}|''+|\$\d|[=*#{}\[\]|]+"), " "),
)
# A value in a Fluent file, on the line of its name or below it, and what is put into it.
_VALUE = re.compile(r"^(?:[-.\w ]+=|    ) *([^\s.\[*}#].+)$", re.MULTILINE)
_PLACEABLE = re.compile(r"\{[^}]*\}")
_LATIN_WORD = re.compile(r"[A-Za-z_\-:./]{2,}")


def mediawiki(folder: Path, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(text, tag) of the files ``i18n/**/<code>.json`` below a folder, in a fixed order."""
    for path in sorted(folder.glob("**/i18n/**/*.json")):
        tag = tags.get(path.stem)
        if tag is None:
            continue
        for key, message in json.loads(path.read_text(encoding="utf-8")).items():
            if key != "@metadata" and isinstance(message, str):
                text = _plain(message)
                if sum(map(str.isalpha, text)) >= FEWEST_LETTERS:
                    yield text, tag


def cldr(folder: Path, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(text, tag) of the files ``<code>/annotations.json`` below a folder, in a fixed order.

    A text is the name of a sign, or the words by which people search for it.
    """
    for path in sorted(folder.glob("**/annotations.json")):
        tag = tags.get(path.parent.name)
        if tag is None:
            continue
        (content,) = json.loads(path.read_text(encoding="utf-8")).values()
        for sign in content.get("annotations", {}).values():
            for text in (
                sign["tts"][0] if "tts" in sign else "",
                " ".join(sign.get("default", ())),
            ):
                if sum(map(str.isalpha, text)) >= FEWEST_LETTERS:
                    yield text, tag


def fluent(folder: Path, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(text, tag) of Firefox's packs ``langpack-<code>@*.xpi`` below a folder, in order."""
    for path in sorted(folder.glob("**/langpack-*.xpi")):
        tag = tags.get(path.name.removeprefix("langpack-").partition("@")[0])
        if tag is None:
            continue
        with ZipFile(path) as pack:
            for name in sorted(pack.namelist()):
                if name.endswith(".ftl"):
                    for value in _VALUE.findall(pack.read(name).decode("utf-8")):
                        text = _plain(_PLACEABLE.sub(" ", value))
                        if sum(map(str.isalpha, text)) >= FEWEST_LETTERS:
                            yield text, tag


def words(folder: Path, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(text, tag) of the lists ``<code>.txt`` of a folder, a word a line, in a fixed order.

    A text is some of the words, drawn without heed to sense: it teaches what words there are.
    """
    for path in sorted(folder.glob("*.txt")):
        if path.stem in tags:
            found = path.read_text(encoding="utf-8").split()
            found = sorted({word for word in found if word.isalpha()})
            Random(path.stem).shuffle(found)  # noqa: S311 - not for secrets
            for first in range(0, len(found), WORDS):
                yield " ".join(found[first : first + WORDS]), tags[path.stem]


def _plain(message: str) -> str:
    """A message without markup, and without Latin words where most letters are others."""
    for pattern, to in _MARKUP:
        message = pattern.sub(to, message)
    message = html.unescape(message)
    latin = sum(c.isalpha() and c < "\u0250" for c in message)
    if 2 * latin < sum(map(str.isalpha, message)):
        message = _LATIN_WORD.sub(" ", message)
    return " ".join(message.split())
