-- A user may sign in again. Grain: one row. Units: none. Run by: accounts/users.py.
UPDATE users SET disabled_at = NULL WHERE name = :name;
