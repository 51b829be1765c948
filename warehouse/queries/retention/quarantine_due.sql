-- Quarantined items whose bytes have had their time by the rule `quarantine`, $most at a time.
-- Grain of `unread_due`: one row per item; `held`: its channel or message is under a hold.
-- Read by: retention/removing.py.
CREATE OR REPLACE TEMP TABLE unread_due AS
SELECT
    q.rowid AS row_no,
    EXISTS (
        FROM base.held h
        WHERE h.channel_key = q.channel_key
            AND (h.message_id IS NULL OR h.message_id = q.message_id)
    ) AS held
FROM base.quarantine q JOIN base.batches b USING (batch_no)
JOIN rules r ON r.label = 'quarantine' AND r.keep_days IS NOT NULL
WHERE q.raw IS NOT NULL AND b.loaded_at + to_days(r.keep_days) < $now::TIMESTAMPTZ;
