-- From `presented`: channels and snapshots that are new, numbered in the order of the batches that
-- mention them first. Between exports that reach equally far, the order of snapshots decides.
INSERT INTO base.channels
SELECT
    (SELECT coalesce(max(channel_no), 0) FROM base.channels)
        + row_number() OVER (ORDER BY first, channel_key),
    channel_key
FROM (
    SELECT channel_key, min(batch_no) AS first
    FROM presented ANTI JOIN base.channels USING (channel_key)
    GROUP BY channel_key
);

INSERT INTO base.snapshots (snapshot_no, source_no, channel_no, finished)
SELECT
    (SELECT coalesce(max(snapshot_no), 0) FROM base.snapshots)
        + row_number() OVER (ORDER BY first, channel_no),
    source_no, channel_no, false
FROM (
    SELECT source_no, channel_no, min(batch_no) AS first
    FROM presented JOIN base.channels USING (channel_key) GROUP BY source_no, channel_no
) ANTI JOIN base.snapshots USING (source_no, channel_no);
