-- What a candidate says beside what is in force, on every message that it has scored as a shadow.
-- Grain: one row per message × label × target of which either says more than `clear`; current
--   revisions alone. `change`: gained (the candidate alone flags), lost, changed (both flag, with
--   another source or severity), review (one of them flags or reviews, where the other does not do
--   the same, and neither gains nor loses a flag), same.
-- Units: probabilities calibrated, 0 to 1; $since and $until UTC, half open.
-- Read by: flows/shadow.py.
WITH candidate AS (
    SELECT a.revision_no, a.language, a.scores
    FROM base.shadow_analyses a
    JOIN base.revisions r USING (revision_no)
    LEFT JOIN base.standings s USING (revision_no)
    WHERE a.model_version = $version AND s.state IS DISTINCT FROM 'superseded'
        AND ($since::TIMESTAMPTZ IS NULL OR r.sent_at >= $since::TIMESTAMPTZ)
        AND ($until::TIMESTAMPTZ IS NULL OR r.sent_at < $until::TIMESTAMPTZ)
),
current AS (
    SELECT revision_no, arg_max(language, (batch_no, rowid)) AS language,
        arg_max(scores, (batch_no, rowid)) AS scores
    FROM base.analyses SEMI JOIN candidate USING (revision_no) GROUP BY revision_no
),
ours AS (
    SELECT revision_no, language, score.label AS label, score.target AS target, score
    FROM (SELECT revision_no, language, unnest(scores) AS score FROM current)
    WHERE score.status <> 'clear'
),
theirs AS (
    SELECT revision_no, language, score.label AS label, score.target AS target, score
    FROM (SELECT revision_no, language, unnest(scores) AS score FROM candidate)
    WHERE score.status <> 'clear'
)
SELECT
    c.channel_key, r.message_id, r.content_id::VARCHAR AS content_id, r.fingerprint, r.text,
    coalesce(ours.language, theirs.language) AS language,
    coalesce(ours.label, theirs.label) AS label, coalesce(ours.target, theirs.target) AS target,
    coalesce(ours.score.status, 'clear') AS status_before,
    coalesce(theirs.score.status, 'clear') AS status_after,
    ours.score.probability AS probability_before, theirs.score.probability AS probability_after,
    ours.score.source AS source_before, theirs.score.source AS source_after,
    coalesce(theirs.score.evidence, ours.score.evidence) AS evidence,
    CASE
        WHEN status_after = 'flagged' AND status_before <> 'flagged' THEN 'gained'
        WHEN status_before = 'flagged' AND status_after <> 'flagged' THEN 'lost'
        WHEN status_before <> status_after THEN 'review'
        WHEN (ours.score.source, ours.score.severity)
            IS DISTINCT FROM (theirs.score.source, theirs.score.severity) THEN 'changed'
        ELSE 'same'
    END AS change
FROM ours FULL JOIN theirs
    ON ours.revision_no = theirs.revision_no AND ours.label = theirs.label
    AND ours.target IS NOT DISTINCT FROM theirs.target
JOIN base.revisions r ON r.revision_no = coalesce(ours.revision_no, theirs.revision_no)
JOIN base.channels c ON c.channel_no = r.channel_no
ORDER BY label, language, target, change, r.revision_no;
