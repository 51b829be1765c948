-- All sessions of a user end, but for the one :keep names, where it is not null.
-- Grain: one row per session. Units: none. Run by: accounts/sessions.py, accounts/users.py.
DELETE FROM sessions WHERE user = :user AND session_no IS NOT :keep;
