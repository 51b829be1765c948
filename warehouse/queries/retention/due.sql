-- Which messages in `aged` have had their time. A message is kept by the longest of the rules that
-- apply to it: that of every label that it is flagged with or that waits for review, that of
-- `decided`, and, where neither is so, that of `none`. One that a rule is missing for is kept.
-- Grain of `due`: one row per message; `held`: it stays nevertheless.
-- Units: $now UTC; age in days of 24 hours. Read by: retention/removing.py.
CREATE OR REPLACE TEMP TABLE due AS
SELECT
    a.channel_no, a.message_id, a.channel_key, k.rule, k.may_return,
    EXISTS (
        FROM base.held h
        WHERE h.channel_key = a.channel_key
            AND (h.message_id IS NULL OR h.message_id = a.message_id)
    ) AS held
FROM aged a JOIN (
    SELECT
        channel_no, message_id, max(keep_days) AS keep_days,
        max_by(label || ':' || keep_days, (keep_days, label)) AS rule,
        max_by(may_return, (keep_days, label)) AS may_return
    FROM traits LEFT JOIN rules USING (label)
    GROUP BY channel_no, message_id HAVING count(*) = count(keep_days)
) k USING (channel_no, message_id)
WHERE a.since + to_days(k.keep_days) < $now::TIMESTAMPTZ;
