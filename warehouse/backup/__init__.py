"""Copies of a warehouse, taken while it is used: backups, and the file written anew."""
