-- A slice of the revisions that a model is to look at: leaves the temporary table `slice`.
-- Grain: one row per revision with a number from $first to $last, at most $most of them, the lowest
--   numbers. $purpose: `rescore` leaves out what this model's analysis is in force on, `shadow` what
--   it has scored as a shadow, `all` nothing.
-- $share of them, always the same ones: chosen by a hash of the content.
-- Units: $since and $until UTC, half open; a message without a date is in no period.
-- `former_…` is of the analysis in force; `stored`: this model's is there, though not in force.
-- Read by: warehouse/rescoring/slices.py.
CREATE OR REPLACE TEMP TABLE slice AS
WITH standing AS (
    SELECT
        revision_no, arg_max(model_version, (batch_no, rowid)) AS former_version,
        arg_max(coalesce(channel_actor, ''), (batch_no, rowid)) AS former_actor,
        max(batch_no) AS former_batch, bool_or(model_version = $version) AS stored
    FROM base.analyses WHERE revision_no BETWEEN $first AND $last GROUP BY revision_no
),
shadowed AS (
    SELECT revision_no FROM base.shadow_analyses
    WHERE revision_no BETWEEN $first AND $last AND model_version = $version
        AND $purpose = 'shadow'
)
SELECT
    r.revision_no, r.channel_no, r.message_id, r.batch_no, b.source_no,
    a.former_version, nullif(a.former_actor, '') AS former_actor,
    coalesce(a.former_batch, 0) AS former_batch, coalesce(a.stored, false) AS stored
FROM base.revisions r
JOIN base.channels c USING (channel_no)
JOIN base.batches b USING (batch_no)
LEFT JOIN standing a USING (revision_no)
LEFT JOIN base.standings s USING (revision_no)
ANTI JOIN shadowed USING (revision_no)
WHERE r.revision_no BETWEEN $first AND $last
    AND ($all_revisions OR s.state IS DISTINCT FROM 'superseded')
    AND ($purpose <> 'rescore' OR a.former_version IS DISTINCT FROM $version)
    AND ($share >= 1 OR md5_number_lower(r.content_id::VARCHAR) % 1000000 < $share * 1000000)
    AND ($channel::VARCHAR IS NULL OR c.channel_key = $channel)
    AND ($since::TIMESTAMPTZ IS NULL OR r.sent_at >= $since::TIMESTAMPTZ)
    AND ($until::TIMESTAMPTZ IS NULL OR r.sent_at < $until::TIMESTAMPTZ)
ORDER BY r.revision_no LIMIT $most;
