from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.obfuscate import OBFUSCATIONS, disguise
from fixtures.rng import seeded

LATIN = "The speakers of that group visited several distant places yesterday"
ARABIC = "طالبان گزشتہ رات کابل کے ہسپتال کی عمارت میں کھڑے تھے"
ONLY = {
    "lookalike_scripts": LATIN,
    "leetspeak": LATIN,
    "lookalike_arabic": ARABIC,
    "kashida": ARABIC,
}
KEPT = f"write to @help__example7_bot or https://news.example/12 or 0x{'11' * 20}"


@pytest.mark.parametrize("name", OBFUSCATIONS)
def test_it_changes_what_it_can_change_and_repeats_itself(name: str) -> None:
    for text in [ONLY[name]] if name in ONLY else [LATIN, ARABIC]:
        changed = OBFUSCATIONS[name](text, 5)
        assert changed != text
        assert changed == OBFUSCATIONS[name](text, 5)
        assert len({OBFUSCATIONS[name](text, seed) for seed in range(12)}) > 1


@pytest.mark.parametrize("name", ["lookalike_arabic", "kashida"])
def test_nothing_to_change_leaves_the_text_alone(name: str) -> None:
    assert OBFUSCATIONS[name](LATIN, 1) == LATIN


@pytest.mark.parametrize("name", OBFUSCATIONS)
def test_links_handles_and_addresses_stay_whole(name: str) -> None:
    for seed in range(20):
        changed = OBFUSCATIONS[name](KEPT, seed)
        for kept in KEPT.split():
            if any(c in kept for c in "@:0123456789"):
                assert kept in changed


@given(
    text=st.text(max_size=80), seed=st.integers(0, 2**32), name=st.sampled_from(list(OBFUSCATIONS))
)
@settings(max_examples=150, deadline=None)
def test_any_text_goes_through(text: str, seed: int, name: str) -> None:
    changed = OBFUSCATIONS[name](text, seed)
    assert changed == OBFUSCATIONS[name](text, seed)
    assert len(changed) <= 12 * len(text) + 1


@given(seed=st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_invisible_disguises_can_be_stripped(seed: int) -> None:
    for name in ("zero_width", "bidi_controls"):
        stripped = "".join(
            c for c in OBFUSCATIONS[name](LATIN, seed) if unicodedata.category(c) != "Cf"
        )
        assert stripped == LATIN


def test_disguise_names_what_it_did() -> None:
    for seed in range(50):
        text, done = disguise(seeded(seed), LATIN)
        assert text != LATIN
        assert 1 <= len(done) <= 2
        assert set(done) <= set(OBFUSCATIONS)
    assert disguise(seeded(1), "12 https://a.example") == ("12 https://a.example", ())
