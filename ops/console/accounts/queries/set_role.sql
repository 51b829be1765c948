-- A user's new role. Grain: one row. Units: none. Run by: accounts/users.py.
UPDATE users SET role = :role WHERE name = :name;
