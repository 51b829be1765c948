-- One of a user's own sessions ends. Grain: one row. Units: none. Run by: accounts/sessions.py.
DELETE FROM sessions WHERE user = :user AND session_no = :session_no;
