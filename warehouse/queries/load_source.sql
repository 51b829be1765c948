-- From `staged` (the report's channels) and `batch`: channels, their facts, their snapshots.
INSERT INTO base.channels
SELECT
    (SELECT coalesce(max(channel_no), 0) FROM base.channels)
        + row_number() OVER (ORDER BY channel_key),
    channel_key
FROM (SELECT DISTINCT channel_key FROM staged) ANTI JOIN base.channels USING (channel_key);

INSERT INTO base.channel_facts
SELECT channel_no, source_no, name, username, type, details, covers_from, covers_to, as_of
FROM (
    SELECT DISTINCT ON (channel_no) * EXCLUDE (channel_key)
    FROM staged JOIN base.channels USING (channel_key) CROSS JOIN batch
) ANTI JOIN base.channel_facts USING (channel_no, source_no);

INSERT INTO base.snapshots (snapshot_no, source_no, channel_no, finished)
SELECT
    (SELECT coalesce(max(snapshot_no), 0) FROM base.snapshots)
        + row_number() OVER (ORDER BY channel_no),
    source_no, channel_no, false
FROM (
    SELECT DISTINCT source_no, channel_no
    FROM staged JOIN base.channels USING (channel_key) CROSS JOIN batch
) ANTI JOIN base.snapshots USING (source_no, channel_no);

CREATE OR REPLACE TEMP TABLE tally AS
SELECT batch_no, 0 AS rows, 0 AS landed, 0 AS unchanged, 0 AS quarantined, 0 AS analysed FROM batch;
