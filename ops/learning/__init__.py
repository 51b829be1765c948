"""Learning from decisions: what a newly fitted model does better or worse, and whether it may go
into the place of the current one."""

from __future__ import annotations
