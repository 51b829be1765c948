-- A session was used. Grain: one row. Units: time as text in UTC. Run by: accounts/sessions.py.
UPDATE sessions SET seen_at = :now WHERE session_no = :session_no AND seen_at < :now;
