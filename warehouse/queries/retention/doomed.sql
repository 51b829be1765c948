-- All revisions of the messages that are removed. Grain of `doomed`: one row per revision.
-- Read by: retention/removing.py and every script in retention/clear.
CREATE OR REPLACE TEMP TABLE doomed AS
SELECT
    d.channel_no, d.message_id, d.channel_key, r.content_id, r.revision_no, r.batch_no, d.rule,
    d.may_return
FROM due d JOIN base.revisions r USING (channel_no, message_id)
WHERE NOT d.held;
