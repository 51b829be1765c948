-- messages: what every message says now.
-- Grain: one row per message (channel_key, message_id): its latest revision, in the order of the
--   snapshots and not of loading; deleted ones included, with their text.
-- Units: times UTC; entity spans half-open in code points of `text`; media_bytes in bytes.
--   fingerprint is a SimHash of the words, null without words: near-copies differ in few of its 64
--   bits (`bit_count(xor(a, b))` counts them). A deleted message vanished between last_seen_as_of and missing_as_of, the times up to which the
--   two exports reach.
-- Read by: reports, exports, users' own SQL.
CREATE OR REPLACE VIEW messages AS
SELECT
    c.channel_key, c.name AS channel_name, c.username AS channel_username,
    r.message_id, r.content_id, r.kind, r.sent_at, r.edited_at, r.time_basis,
    r.author_id, r.author_name, r.signature,
    r.forwarded_from_id, r.forwarded_from_name, r.forwarded_at,
    r.reply_to_id, r.reply_to_channel, r.via_bot,
    r.text, r.entities, r.language, r.language_probability, r.fingerprint,
    r.media_type, r.media_name, r.media_mime, r.media_bytes,
    r.views, r.forwards, r.reactions, r.action, r.details, r.extra,
    coalesce(s.state = 'deleted', false) AS deleted, s.last_seen_as_of, s.missing_as_of,
    p.file, p.source_id, r.position, p.run_id, p.loaded_at, r.revision_no
FROM base.revisions r
JOIN base.named_channels c USING (channel_no)
JOIN base.provenance p USING (batch_no)
LEFT JOIN (
    SELECT st.revision_no, st.state, seen.as_of AS last_seen_as_of, missing.as_of AS missing_as_of
    FROM base.standings st
    LEFT JOIN base.snapshots seen ON seen.snapshot_no = st.last_snapshot
    LEFT JOIN base.snapshots missing ON missing.snapshot_no = st.missing_snapshot
) s USING (revision_no)
WHERE s.state IS DISTINCT FROM 'superseded';
