-- What the rules go by. Grain of `traits`: one row per message in `aged` × label.
-- Read by: retention/removing.py.
CREATE OR REPLACE TEMP TABLE traits AS
SELECT DISTINCT channel_no, message_id, label
FROM base.flags SEMI JOIN aged USING (channel_no, message_id)
UNION
SELECT a.channel_no, a.message_id, 'decided'
FROM aged a JOIN base.standing_decisions d USING (channel_key, message_id)
WHERE d.judgement IN ('confirm', 'reject', 'change');

INSERT INTO traits
SELECT channel_no, message_id, 'none' FROM aged ANTI JOIN traits USING (channel_no, message_id);
