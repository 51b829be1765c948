-- A user may no longer sign in. Grain: one row. Units: time as text in UTC. Run by: accounts/users.py.
UPDATE users SET disabled_at = coalesce(disabled_at, :now) WHERE name = :name;
