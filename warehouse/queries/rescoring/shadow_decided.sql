-- What moderators decided about messages that a candidate has scored as a shadow, and both answers.
-- Grain: one row per label × target of a message with a decision in force (confirm, reject or change)
--   about it; the latest one. `truth`: whether it holds as it was flagged. The flag keeps its source.
-- Read by: flows/shadow.py.
WITH decided AS (
    SELECT d.*, row_number() OVER (
        PARTITION BY channel_key, message_id, content_id, label, target ORDER BY decided_at DESC
    ) AS age
    FROM base.standing_decisions d
    WHERE judgement IN ('confirm', 'reject', 'change')
),
judged AS (
    SELECT r.revision_no, r.fingerprint, d.content_id, d.channel_key, d.message_id, d.label, d.target,
        CASE WHEN d.judgement = 'change'
            THEN coalesce(d.changed_label, d.label) = d.label
                AND coalesce(d.changed_target, d.target) IS NOT DISTINCT FROM d.target
            ELSE d.judgement = 'confirm'
        END AS truth
    FROM decided d
    JOIN base.channels c USING (channel_key)
    JOIN base.revisions r USING (channel_no, message_id, content_id)
    WHERE d.age = 1
),
candidate AS (
    SELECT revision_no, language, scores FROM base.shadow_analyses
    SEMI JOIN judged USING (revision_no) WHERE model_version = $version
),
current AS (
    SELECT revision_no, arg_max(scores, (batch_no, rowid)) AS scores
    FROM base.analyses SEMI JOIN candidate USING (revision_no) GROUP BY revision_no
)
SELECT
    j.channel_key, j.message_id, j.content_id::VARCHAR AS content_id, j.fingerprint, j.label,
    j.target, a.language, j.truth,
    len(list_filter(b.scores, lambda score: score.label = j.label AND score.status = 'flagged'
        AND score.target IS NOT DISTINCT FROM j.target)) > 0 AS flagged_before,
    len(list_filter(a.scores, lambda score: score.label = j.label AND score.status = 'flagged'
        AND score.target IS NOT DISTINCT FROM j.target)) > 0 AS flagged_after
FROM judged j JOIN candidate a USING (revision_no) JOIN current b USING (revision_no)
ORDER BY j.channel_key, j.message_id, j.content_id, j.label, j.target;
