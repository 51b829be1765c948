-- A new user; changes nothing where the name is taken. Grain: one row. Units: time as text in UTC.
-- Run by: accounts/users.py.
INSERT INTO users (name, role, password_hash, temporary, made_at)
VALUES (:name, :role, :hash, :temporary, :now)
ON CONFLICT (name) DO NOTHING;
