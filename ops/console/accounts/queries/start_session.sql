-- A new session. Grain: one row. Units: times as text in UTC; the token's SHA-256 in hex.
-- Run by: accounts/sessions.py.
INSERT INTO sessions (token_hash, user, agent, made_at, seen_at, expires_at)
VALUES (:token_hash, :user, :agent, :now, :now, :expires);
