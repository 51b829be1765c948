-- One batch more, numbered after those of the ledger and those before it.
INSERT INTO batch
SELECT
    greatest(
        (SELECT coalesce(max(batch_no), 0) FROM base.batches),
        (SELECT coalesce(max(batch_no), 0) FROM batch)
    ) + 1,
    $batch_id, $kind, run_no,
    (SELECT source_no FROM base.sources WHERE source_id = $source_id),
    $reading, $sequence::BIGINT, $path
FROM base.runs WHERE run_id = $run_id;
