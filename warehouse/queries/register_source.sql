-- Give a file content its number at its first mention.
INSERT INTO base.sources (source_no, source_id, run_no)
SELECT (SELECT coalesce(max(source_no), 0) + 1 FROM base.sources), $source_id, run_no
FROM base.runs
WHERE run_id = $run_id AND NOT EXISTS (FROM base.sources WHERE source_id = $source_id);
