-- What a user set. Grain: one row or none. Units: minutes; null is the organisation's default.
-- Read by: accounts/preferences.py.
SELECT blur, muted, theme, text_size, severe_in_a_row, break_after_minutes
FROM preferences WHERE user = :user;
