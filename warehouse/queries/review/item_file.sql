-- The file that a batch is of. Grain: one row. Read by: review/record.py.
SELECT s.path AS file, b.loaded_at
FROM base.batches b LEFT JOIN base.sources s USING (source_no) WHERE b.batch_no = $batch_no;
