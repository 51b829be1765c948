-- The ledger entries, in the same transaction as the rows; `tally` has the counts of those with rows.
INSERT INTO base.batches
SELECT
    batch_no, batch_id, kind, run_no, source_no, reading, sequence,
    coalesce(rows, 0), coalesce(landed, 0), coalesce(unchanged, 0), coalesce(quarantined, 0),
    coalesce(analysed, 0), current_timestamp
FROM batch LEFT JOIN tally USING (batch_no)
ORDER BY batch_no
RETURNING rows, landed, unchanged, quarantined, analysed;
