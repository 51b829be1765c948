"""Campaigns: much that can go wrong, done on purpose, counted, and repeatable by a seed."""
