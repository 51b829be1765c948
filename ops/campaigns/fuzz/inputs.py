"""Input number n of a campaign: the same for the same seed, whoever asks for it."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from ops.campaigns.fuzz.mutations import SELDOM, TEXT
from ops.campaigns.fuzz.originals import originals, requests
from ops.campaigns.fuzz.packing import BINARY

#: The target of inputs that are for whichever reader takes them.
BOMB = "bomb"
#: Shares of the inputs that are for `score`, are packed, and are bombs.
FOR_SCORE, PACKED, BOMBS = 0.15, 0.12, 0.0015
#: No input is larger, bombs not unpacked.
LARGEST = 16 << 20


class Mutated(NamedTuple):
    """``target``: the original's reader, or ``score``, or a bomb; ``how``: what was done to it."""

    target: str
    how: tuple[str, ...]
    content: bytes


def mutated(seed: int, number: int) -> Mutated:
    """Make the input."""
    chance = Random(f"{seed} {number}")
    score = chance.random() < FOR_SCORE
    target, content = chance.choice(requests() if score else originals())
    how: list[str] = []
    if target == "plain_parquet" and chance.random() < 0.7:
        how.append("Parquet")
        content = BINARY["Parquet"](content, chance)
    else:
        names = list(TEXT)
        weights = [SELDOM.get(name, 1.0) for name in names]
        for name in chance.choices(names, weights, k=chance.choices((1, 2, 3), (5, 3, 1))[0]):
            how.append(name)
            content = TEXT[name](content, chance)[:LARGEST]
    if not score:
        dice = chance.random()
        if dice < BOMBS:
            target, how = BOMB, [BOMB]
            content = BINARY[BOMB](content, chance)
        elif dice < BOMBS + PACKED:
            how.append("packed")
            content = BINARY["packed"](content, chance)
    return Mutated(target, tuple(how), content)
