-- The ledger entry, in the same transaction as the rows; `tally` is left by the script of the kind.
INSERT INTO base.batches
SELECT
    batch_no, batch_id, kind, run_no, source_no, reading, sequence,
    rows, landed, unchanged, quarantined, analysed, current_timestamp
FROM batch CROSS JOIN tally
RETURNING rows, landed, unchanged, quarantined, analysed;
