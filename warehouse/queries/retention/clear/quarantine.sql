-- Other exports may have shown the message in a way that could not be read: the bytes go, the fact
-- stays, because it says what was deleted and what was not.
UPDATE base.quarantine SET raw = NULL
WHERE raw IS NOT NULL AND (channel_key, message_id) IN (SELECT (channel_key, message_id) FROM doomed);
