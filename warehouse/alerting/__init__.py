"""Alerts over a warehouse: kinds as ``queries/alerts/*.sql``, evaluation, and the record of it."""
