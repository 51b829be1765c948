-- The messages whose first revision is numbered above $after and at most $until.
-- Grain of `aged`: one row per message.
-- Units: since UTC, the last time that the message brought something new: $counted_from 'loaded', when
--   that came here; 'sent', when it was sent or edited, as far as that is known and not in the future.
-- Read by: retention/removing.py.
CREATE OR REPLACE TEMP TABLE aged AS
SELECT
    r.channel_no, r.message_id, any_value(c.channel_key) AS channel_key,
    max(CASE $counted_from
        WHEN 'sent' THEN least(coalesce(greatest(r.sent_at, r.edited_at), b.loaded_at), b.loaded_at)
        ELSE b.loaded_at
    END) AS since
FROM base.revisions r
SEMI JOIN (
    SELECT DISTINCT channel_no, message_id FROM base.revisions
    WHERE revision_no > $after AND revision_no <= $until
) USING (channel_no, message_id)
JOIN base.batches b USING (batch_no)
JOIN base.channels c USING (channel_no)
GROUP BY r.channel_no, r.message_id
HAVING min(r.revision_no) > $after;
