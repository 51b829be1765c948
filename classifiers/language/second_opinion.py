"""langdetect with the project's own profiles, asked where the first answer is close.

langdetect 1.0.9 knows neither Pashto nor most of its neighbours. ``profiles/<code>.json`` add them
in langdetect's own format: counts of 1- to 3-grams, no sentences. It reads 500 to 2,000 texts a
second, so it is never on the hot path. The seed is set on the factory made here, and each text
gets a detector of its own: other users of langdetect in the process are not touched, and threads
share only what is never written.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from classifiers.normalise import clean

FOLDER = Path(__file__).parent / "profiles"
SEED = 7
#: Characters of a text that are looked at.
READ = 1_000
LONGEST_GRAM = 3
#: Random walks that langdetect averages over, of its own seven: each costs two milliseconds.
TRIALS = 2
#: A profile keeps grams that occur more often than this, and than one in 100,000 letters.
RARE = 2

_lock = threading.Lock()
_factory: Any = None


def ask(texts: Sequence[str]) -> list[tuple[str, float] | None]:
    """langdetect's best code and its probability for each text; None where it finds nothing."""
    from langdetect.lang_detect_exception import LangDetectException  # noqa: PLC0415

    factory = _get_factory()
    answers: list[tuple[str, float] | None] = []
    for text in texts:
        detector = factory.create()
        detector.n_trial = TRIALS
        detector.append(clean(text[:READ]).text)
        try:
            best = detector.get_probabilities()
        except LangDetectException:
            best = []
        answers.append((best[0].lang, float(best[0].prob)) if best else None)
    return answers


def _get_factory() -> Any:
    """The factory with the profiles of the languages in the table, made once."""
    global _factory  # noqa: PLW0603 - a cache, written under a lock
    with _lock:
        if _factory is None:
            from langdetect import detector_factory  # noqa: PLC0415 - slow, and seldom needed

            own = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}
            shipped = {path.name: path for path in shipped_profiles()}
            profiles = [p.read_text(encoding="utf-8") for p in (shipped | own).values()]
            factory = detector_factory.DetectorFactory()
            factory.load_json_profile(profiles)
            factory.set_seed(SEED)
            _factory = factory
        return _factory


def shipped_profiles() -> list[Path]:
    """The profiles that langdetect brings along."""
    from langdetect import detector_factory  # noqa: PLC0415 - slow, and seldom needed

    return sorted(Path(detector_factory.PROFILES_DIRECTORY).iterdir())


def pseudo_texts(path: Path, count: int, seed: int) -> Iterator[str]:
    """Made-up text with the 3-gram statistics of a profile: what a language looks like.

    Stands for languages of which there is no text to learn from (Shannon 1948, third-order
    approximation).
    """
    freq = json.loads(path.read_text(encoding="utf-8"))["freq"]
    follow: dict[str, dict[str, int]] = {}
    for gram, n in sorted(freq.items()):
        if len(gram) >= 2:
            follow.setdefault(gram[:-1], {})[gram[-1]] = n
    random = Random(f"{path.name} {seed}")  # noqa: S311 - not for secrets
    for _ in range(count):
        text = " "
        while len(text) < 120:
            options = follow.get(text[-2:]) or follow.get(text[-1:]) or {" ": 1}
            if not set(options) - {" "} and text[-1] == " ":
                options = follow[" "]
            text += random.choices(list(options), list(options.values()))[0]
        yield " ".join(text.split()).lower()


def write_profile(path: Path, code: str, texts: Iterable[str]) -> None:
    """Count the 1- to 3-grams of texts and write them as a langdetect profile."""
    from langdetect.utils.lang_profile import LangProfile  # noqa: PLC0415

    profile = LangProfile(code)
    for text in texts:
        profile.update(clean(text).text)
    least = max(profile.n_words[0] // 100_000, RARE)
    freq = {gram: n for gram, n in sorted(profile.freq.items()) if n > least}
    n_words = [
        sum(n for gram, n in freq.items() if len(gram) == length)
        for length in range(1, LONGEST_GRAM + 1)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(
        {"freq": freq, "n_words": n_words, "name": code}, ensure_ascii=False, sort_keys=True
    )
    path.write_text(text + "\n", encoding="utf-8")
