-- The messages of `slice` that are not in `kept`, with all that a scorer is told of each.
-- Grain: one row per revision. `reply_text` is the text replied to as the reader's batch that brought
--   the revision held it, null where it did not: a run that reads the file anew is told the same. Of
--   a message that came twice in a batch, the later one. From `speakers`: the channel's actor.
-- Read by: warehouse/rescoring/slices.py.
WITH chosen AS (SELECT * FROM slice ANTI JOIN kept USING (revision_no)),
said AS (
    SELECT
        revision_no, message_id, content_id, sent_at, text, reply_to_id, reply_to_channel
    FROM base.revisions SEMI JOIN chosen USING (revision_no)
),
asked AS ( -- which row of which batch is asked for
    SELECT
        r.revision_no, p.snapshot_no, c.channel_no, r.reply_to_id AS message_id,
        b.sequence << 20 AS first_ordinal, (b.sequence << 20) + b.rows AS end_ordinal
    FROM said r JOIN chosen s USING (revision_no)
    JOIN base.batches b ON b.batch_no = s.batch_no
    JOIN base.channels own ON own.channel_no = s.channel_no
    JOIN base.channels c ON c.channel_key = coalesce(r.reply_to_channel, own.channel_key)
    JOIN base.snapshots p ON p.source_no = s.source_no AND p.channel_no = c.channel_no
    WHERE r.reply_to_id IS NOT NULL
),
found AS (
    SELECT a.revision_no, arg_max(s.revision_no, s.ordinal) AS replied_no
    FROM asked a JOIN (
        SELECT snapshot_no, message_id, ordinal, revision_no
        FROM base.sightings SEMI JOIN asked USING (channel_no, message_id)
    ) s ON s.snapshot_no = a.snapshot_no AND s.message_id = a.message_id
        AND s.ordinal >= a.first_ordinal AND s.ordinal < a.end_ordinal
    GROUP BY a.revision_no
),
replied AS (
    SELECT f.revision_no, r.text
    FROM found f JOIN (
        SELECT revision_no, text FROM base.revisions
        WHERE revision_no IN (SELECT replied_no FROM found)
    ) r ON r.revision_no = f.replied_no
)
SELECT
    c.channel_key, r.message_id, r.content_id::VARCHAR AS content_id, r.sent_at, r.text,
    p.actor AS channel_actor, q.text AS reply_text
FROM chosen s
JOIN said r USING (revision_no)
JOIN base.channels c ON c.channel_no = s.channel_no
JOIN speakers p ON p.channel_no = s.channel_no AND p.source_no = s.source_no
LEFT JOIN replied q USING (revision_no)
ORDER BY s.revision_no;
