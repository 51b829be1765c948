-- The batches of a file that are loaded.
SELECT batch_id FROM base.batches JOIN base.sources USING (source_no)
WHERE source_id = $source_id;
