-- Was this batch loaded?
SELECT count(*) FROM base.batches WHERE batch_id = $batch_id;
