-- indicators: payment indicators, and where else each of them occurs.
-- Grain: one row per occurrence in a revision (superseded ones too: an address that was edited out
--   is evidence), from the latest analysis of that revision.
-- Units: spans half-open in code points of the raw text; `valid` null where the type has no
--   checksum; messages and channels count those in which the same type and value occurs.
-- Read by: the console's item page, alerts on repeated indicators, exports.
CREATE OR REPLACE VIEW indicators AS
SELECT
    i.type, i.value, i.valid, i.span_start, i.span_end,
    c.channel_key, c.name AS channel_name, i.message_id, i.sent_at,
    coalesce(s.state, 'current') AS state,
    n.messages, n.channels,
    i.model_version, p.file, p.run_id, i.revision_no
FROM base.indicators i
JOIN (
    SELECT
        type, value,
        count(DISTINCT (channel_no, message_id)) AS messages,
        count(DISTINCT channel_no) AS channels
    FROM base.indicators GROUP BY ALL
) n USING (type, value)
JOIN base.named_channels c USING (channel_no)
JOIN base.provenance p USING (batch_no)
LEFT JOIN base.standings s USING (revision_no);
