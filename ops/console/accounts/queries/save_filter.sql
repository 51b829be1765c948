-- A filter under a name, in place of the one it had. Grain: one row. Units: none.
-- Run by: accounts/filters.py.
INSERT INTO filters (user, name, query) VALUES (:user, :name, :query)
ON CONFLICT (user, name) DO UPDATE SET query = excluded.query;
