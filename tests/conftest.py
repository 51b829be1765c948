"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# On a build machine the same examples every time, and no deadline that a busy one misses; at a
# desk new examples every time.
settings.register_profile("build", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("build" if os.environ.get("CI") else "desk")
