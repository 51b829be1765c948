-- revisions: everything a message ever said.
-- Grain: one row per revision (channel_key, message_id, content_id). A revision is a change of text,
--   link targets, media type, action or kind; a change of edited_at alone is none.
-- Units: times UTC; loaded_at is when the revision first landed; state is current, superseded or
--   deleted (current text of a message that has vanished); fingerprint as in `messages`.
-- Read by: the console's diff of edits, exports, users' own SQL.
CREATE OR REPLACE VIEW revisions AS
SELECT
    c.channel_key, c.name AS channel_name, r.message_id, r.content_id,
    coalesce(s.state, 'current') AS state,
    r.kind, r.sent_at, r.edited_at, r.time_basis,
    r.author_id, r.author_name, r.signature,
    r.forwarded_from_id, r.forwarded_from_name, r.forwarded_at,
    r.reply_to_id, r.reply_to_channel, r.via_bot,
    r.text, r.entities, r.language, r.language_probability, r.fingerprint,
    r.media_type, r.media_name, r.media_mime, r.media_bytes,
    r.views, r.forwards, r.reactions, r.action, r.details, r.extra,
    p.file, p.source_id, r.position, p.run_id, p.loaded_at, r.revision_no
FROM base.revisions r
JOIN base.named_channels c USING (channel_no)
JOIN base.provenance p USING (batch_no)
LEFT JOIN base.standings s USING (revision_no);
