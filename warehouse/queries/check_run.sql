-- For every file that a run read: the reader's numbers beside those of the warehouse. `landed` is
-- counted in the revisions themselves and in the record of those that were removed, `unchanged` and
-- `quarantined` in the ledger.
WITH ours AS ( -- ways of reading that the run reported or brought batches of
    SELECT DISTINCT source_no, reading FROM (
        SELECT source_no, reading, run_no FROM base.readings
        UNION ALL
        SELECT source_no, reading, run_no FROM base.batches WHERE source_no IS NOT NULL
    ) JOIN base.runs USING (run_no) WHERE run_id = $run_id
),
entries AS (
    SELECT * FROM base.batches SEMI JOIN ours USING (source_no, reading)
    WHERE kind IN ('messages', 'quarantine')
),
rows AS (
    SELECT batch_no, count(*) AS landed
    FROM (
        SELECT batch_no FROM base.revisions UNION ALL SELECT batch_no FROM base.removed
    ) SEMI JOIN entries USING (batch_no) GROUP BY batch_no
),
ledger AS (
    SELECT
        source_no, reading, sum(coalesce(rows.landed, 0)) AS landed,
        sum(unchanged) AS unchanged, sum(quarantined) AS quarantined, count(*) AS batches
    FROM entries LEFT JOIN rows USING (batch_no) GROUP BY source_no, reading
)
SELECT
    s.source_id, s.path AS file, o.reading, r.items_read, r.quarantined AS reader_quarantined,
    coalesce(l.landed, 0)::BIGINT AS landed, coalesce(l.unchanged, 0)::BIGINT AS unchanged,
    coalesce(l.quarantined, 0)::BIGINT AS quarantined, coalesce(l.batches, 0) AS batches,
    coalesce(r.complete, false) AS complete
FROM ours o JOIN base.sources s USING (source_no)
LEFT JOIN base.readings r USING (source_no, reading)
LEFT JOIN ledger l USING (source_no, reading)
ORDER BY s.source_no, o.reading;
