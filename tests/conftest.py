"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# On a build machine the same examples every time, and no deadline that a busy one misses; at a
# desk new examples every time.
settings.register_profile("build", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("build" if os.environ.get("CI") else "desk")

#: Where they lie.
BROWSER = Path(__file__).parent / "console" / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in a real browser take their time, all of them."""
    for item in items:
        if BROWSER in item.path.parents:
            item.add_marker(pytest.mark.slow)
