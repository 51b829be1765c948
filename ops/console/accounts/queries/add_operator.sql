-- The admin without a password, made, or put back to that. Grain: one row. Units: time as text in UTC.
-- Run by: accounts/users.py, when the one-time link is used.
INSERT INTO users (name, role, made_at) VALUES (:name, 'admin', :now)
ON CONFLICT (name) DO UPDATE SET role = 'admin', disabled_at = NULL
WHERE password_hash IS NULL;
