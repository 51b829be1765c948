-- What moderators decided and still hold, beside the text that it is about.
-- Grain: one row per decision in force: a confirm, reject or change that no later decision replaces
--   and that nobody took back. What replaced it and was taken back itself counts as never made.
--   Answers to golden items are left out: they say how well somebody decides. A decision made for a
--   near-copy is in force as long as the one that it is a copy of.
--   `text` is null where the warehouse does not hold the revision.
-- Units: decided_at UTC; severity 1 to 3; fingerprint as in `messages`, of a near-copy that of the
--   message that was shown, so that they stay in one family. adjudicates: it replaces a decision of
--   another reviewer, or was made as an adjudication. channel_actor is that of the latest analysis; severity and frames
--   are those that the reviewer was shown, else those of the latest analysis; reply_text is what
--   the message replied to says now.
-- Read by: `channelwatch train`.
WITH standing AS (
    SELECT * FROM base.standing_decisions WHERE purpose IS DISTINCT FROM 'golden'
),
replaced AS (
    SELECT DISTINCT supersedes AS decision_id FROM standing WHERE supersedes IS NOT NULL
),
in_force AS (
    SELECT d.*,
        coalesce(former.reviewer <> d.reviewer, false)
            OR coalesce(original.purpose, d.purpose) = 'adjudication' AS adjudicates,
        coalesce(original.channel_key, d.channel_key) AS shown_channel_key,
        coalesce(original.message_id, d.message_id) AS shown_message_id,
        coalesce(original.content_id, d.content_id) AS shown_content_id
    FROM standing d
    LEFT JOIN standing original ON original.decision_id = d.copy_of
    LEFT JOIN base.decisions former
        ON former.decision_id = coalesce(original.supersedes, d.supersedes)
    WHERE d.judgement IN ('confirm', 'reject', 'change')
        AND d.decision_id NOT IN (SELECT decision_id FROM replaced)
        AND (d.copy_of IS NULL OR d.copy_of NOT IN (SELECT decision_id FROM replaced))
),
placed AS (
    SELECT
        d.* EXCLUDE (language), r.revision_no, r.text, r.language,
        coalesce(shown.fingerprint, r.fingerprint) AS fingerprint, r.reply_to_id,
        coalesce(r.reply_to_channel, d.channel_key) AS reply_channel_key
    FROM in_force d
    LEFT JOIN base.channels c USING (channel_key)
    LEFT JOIN base.revisions r USING (channel_no, message_id, content_id)
    LEFT JOIN base.channels sc ON d.copy_of IS NOT NULL AND sc.channel_key = d.shown_channel_key
    LEFT JOIN base.revisions shown
        ON shown.channel_no = sc.channel_no AND shown.message_id = d.shown_message_id
        AND shown.content_id = d.shown_content_id
),
analysed AS (
    SELECT
        a.revision_no, a.model_version, a.channel_actor, a.scores,
        row_number() OVER (PARTITION BY a.revision_no ORDER BY a.batch_no DESC, a.rowid DESC) AS age
    FROM base.analyses a SEMI JOIN placed USING (revision_no)
),
replied AS (
    SELECT c.channel_key, r.message_id, r.text
    FROM base.revisions r
    JOIN base.channels c USING (channel_no)
    SEMI JOIN placed p ON p.reply_channel_key = c.channel_key AND p.reply_to_id = r.message_id
    LEFT JOIN base.standings s USING (revision_no)
    WHERE s.state IS DISTINCT FROM 'superseded'
),
scored AS (
    SELECT
        p.*, latest.channel_actor,
        list_filter(
            coalesce(shown.scores, []) || coalesce(latest.scores, []),
            lambda score: score.label = p.label AND score.target IS NOT DISTINCT FROM p.target
        )[1] AS score
    FROM placed p
    LEFT JOIN analysed latest ON latest.revision_no = p.revision_no AND latest.age = 1
    LEFT JOIN analysed shown
        ON shown.revision_no = p.revision_no AND shown.model_version = p.model_version
)
SELECT
    s.decision_id::VARCHAR AS decision_id, s.channel_key, s.message_id,
    s.content_id::VARCHAR AS content_id, s.label, s.source, s.target, s.judgement,
    s.changed_label, s.changed_source, s.changed_target, s.changed_severity,
    s.reviewer, s.decided_at, s.adjudicates,
    s.text, s.language, s.fingerprint, s.channel_actor, r.text AS reply_text,
    s.score.severity AS severity, s.score.frames AS frames, s.score.routes AS routes
FROM scored s
LEFT JOIN replied r ON r.channel_key = s.reply_channel_key AND r.message_id = s.reply_to_id
ORDER BY s.channel_key, s.message_id, s.content_id, s.decided_at, s.decision_id;
