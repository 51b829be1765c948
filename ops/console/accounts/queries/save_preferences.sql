-- What a user set, in place of what he had set. Grain: one row. Units: minutes.
-- Run by: accounts/preferences.py.
INSERT OR REPLACE INTO preferences
    (user, blur, muted, theme, text_size, severe_in_a_row, break_after_minutes)
VALUES (:user, :blur, :muted, :theme, :text_size, :severe_in_a_row, :break_after_minutes);
