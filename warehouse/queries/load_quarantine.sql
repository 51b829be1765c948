-- From `staged` and `batch`: quarantined items, each file × position × reason once.
INSERT INTO base.quarantine
SELECT source_no, batch_no, position, byte_offset, channel_key, message_id, reason, raw
FROM staged CROSS JOIN batch
ANTI JOIN base.quarantine USING (source_no, position, reason);

CREATE OR REPLACE TEMP TABLE tally AS
SELECT batch_no, rows, 0 AS landed, 0 AS unchanged, rows AS quarantined, 0 AS analysed
FROM batch CROSS JOIN (SELECT count(*) AS rows FROM staged);
