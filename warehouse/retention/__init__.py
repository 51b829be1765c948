"""Retention: what is removed when, what is held, and what is left of what was removed."""
