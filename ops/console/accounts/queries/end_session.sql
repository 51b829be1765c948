-- The session of a token ends. Grain: one row. Units: SHA-256 in hex. Run by: accounts/sessions.py.
DELETE FROM sessions WHERE token_hash = :token_hash;
