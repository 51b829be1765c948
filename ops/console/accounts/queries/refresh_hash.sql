-- The same password with today's parameters, unless it was changed meanwhile.
-- Grain: one row. Units: argon2 hashes. Run by: accounts/users.py.
UPDATE users SET password_hash = :hash WHERE name = :name AND password_hash = :former;
