-- Give a run its number at its first mention; whatever the inbox brings first may mention it.
INSERT INTO base.runs (run_no, run_id, state)
SELECT (SELECT coalesce(max(run_no), 0) + 1 FROM base.runs), $run_id, 'unknown'
WHERE NOT EXISTS (FROM base.runs WHERE run_id = $run_id);
