-- The user of a name, whatever its case. Grain: one row or none. Units: times are text in UTC.
-- Read by: accounts/users.py.
SELECT name, role, password_hash, made_at, disabled_at FROM users WHERE name = :name;
