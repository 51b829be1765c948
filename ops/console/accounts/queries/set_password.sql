-- A user's new password. Grain: one row. Units: an argon2 hash. Run by: accounts/users.py.
UPDATE users SET password_hash = :hash, temporary = :temporary WHERE name = :name;
