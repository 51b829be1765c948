-- removed: what was here and is no more.
-- Grain: one row per message × removal. rule is the label and the days of the rule that it went by;
--   may_return: an export that shows it again brings it back.
-- Units: times UTC; revisions counts what the message had said.
-- Read by: `channelwatch retain`, auditors, users' own SQL.
CREATE OR REPLACE VIEW removed AS
SELECT
    c.channel_key, r.message_id, count(*) AS revisions, r.rule, r.may_return, r.removed_at
FROM base.removed r JOIN base.channels c USING (channel_no)
GROUP BY ALL;
