-- Whose session a token is, with what he prefers. Grain: one row, or none where it has ended.
-- Units: times as text in UTC; :idle is the time before which an unused session has ended.
-- Read by: accounts/sessions.py, at every request.
SELECT
    s.session_no, s.seen_at, u.name, u.role, u.temporary,
    p.blur, p.muted, p.theme, p.text_size, p.severe_in_a_row, p.break_after_minutes
FROM sessions s
JOIN users u ON u.name = s.user
LEFT JOIN preferences p ON p.user = s.user
WHERE s.token_hash = :token_hash AND s.expires_at > :now AND s.seen_at > :idle
    AND u.disabled_at IS NULL;
