-- flagged: what is to be looked at, and why.
-- Grain: one row per message × label × target whose score crossed its threshold (status flagged) or
--   wants a human (status review); latest revision, latest analysis of it.
-- Units: probability calibrated, 0 to 1; severity 1 to 3; evidence spans half-open in code points
--   of `text`; times UTC.
-- Read by: `channelwatch run` (its closing table), the console's queue, exports, alerts.
CREATE OR REPLACE VIEW flagged AS
SELECT
    c.channel_key, c.name AS channel_name, c.username AS channel_username,
    f.message_id, f.content_id, f.sent_at, f.language, f.text,
    f.label, f.source, f.target, f.probability, f.status, f.severity, f.frames, f.routes,
    f.evidence, f.channel_actor, coalesce(s.state = 'deleted', false) AS deleted,
    f.model_version, p.file, p.source_id, f.position, p.run_id, f.revision_no
FROM base.flags f
JOIN base.named_channels c USING (channel_no)
JOIN base.provenance p USING (batch_no)
LEFT JOIN base.standings s USING (revision_no)
WHERE s.state IS DISTINCT FROM 'superseded';
