-- Read the inbox files of quarantined items.
CREATE OR REPLACE TEMP TABLE staged_quarantine AS
SELECT b.batch_no, b.source_no, m.* EXCLUDE (filename, batch)
FROM read_parquet($paths, filename = true) m
JOIN batch b ON b.path = m.filename AND b.number = m.batch;
