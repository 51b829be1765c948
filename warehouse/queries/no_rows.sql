-- The tally of a batch without rows.
CREATE OR REPLACE TEMP TABLE tally AS
SELECT batch_no, 0 AS rows, 0 AS landed, 0 AS unchanged, 0 AS quarantined, 0 AS analysed FROM batch;
