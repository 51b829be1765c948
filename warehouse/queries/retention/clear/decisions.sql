-- Decisions stay; a note may quote the message that it is about.
UPDATE base.decisions SET note = NULL
WHERE note IS NOT NULL AND (channel_key, message_id) IN (SELECT (channel_key, message_id) FROM doomed);
