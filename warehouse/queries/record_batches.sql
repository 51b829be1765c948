-- The ledger entries, in the same transaction as the rows; `tally` is left by the script of the kind.
INSERT INTO base.batches
SELECT
    batch_no, batch_id, kind, run_no, source_no, reading, sequence,
    rows, landed, unchanged, quarantined, analysed, current_timestamp
FROM batch JOIN tally USING (batch_no)
RETURNING rows, landed, unchanged, quarantined, analysed;
