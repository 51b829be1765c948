-- Sessions that have ended are forgotten. Grain: one row per session. Units: times as text in UTC.
-- Run by: accounts/sessions.py, at each sign-in.
DELETE FROM sessions WHERE expires_at <= :now OR seen_at <= :idle;
