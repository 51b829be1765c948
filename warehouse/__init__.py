"""Readers of export files, the inbox, and the DuckDB warehouse with its views."""
