-- How many tables the file has.
-- Grain: one row. Units: tables. Read by: accounts/database.py, to tell a new file from a foreign one.
SELECT count(*) FROM sqlite_schema WHERE type = 'table';
