-- A user's sessions that have not ended. Grain: one row per session. Units: times as text in UTC.
-- Read by: accounts/sessions.py.
SELECT session_no, agent, made_at, seen_at FROM sessions
WHERE user = :user AND expires_at > :now AND seen_at > :idle
ORDER BY seen_at DESC, session_no DESC;
