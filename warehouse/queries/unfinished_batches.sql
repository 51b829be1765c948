-- The loaded batches of files that were read in this way and are not loaded to their end.
SELECT batch_id FROM base.batches
WHERE reading = $reading AND source_no NOT IN (
    SELECT source_no FROM base.readings WHERE reading = $reading AND settled
);
