"""Alerts: rules and routes from YAML, what is said, and bringing it to those who asked for it."""
