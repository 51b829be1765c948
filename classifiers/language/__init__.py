"""Language detection: :func:`detect` names the language of every text of a batch.

>>> found = detect(["The talks will go on next week, the ministry said.", "https://example.org 👍"])
>>> found.tag, found.abstained
(['en', 'zxx'], [None, 'no_text'])
"""

from classifiers.language.detection import Detected, detect
from classifiers.language.model import default
from classifiers.language.persian import channel_probability

__all__ = ["Detected", "channel_probability", "default", "detect"]
