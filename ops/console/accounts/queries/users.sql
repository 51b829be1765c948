-- Every user. Grain: one row per user. Units: times are ISO 8601 text in UTC.
-- Read by: accounts/users.py.
SELECT name, role, password_hash, made_at, disabled_at FROM users ORDER BY name;
