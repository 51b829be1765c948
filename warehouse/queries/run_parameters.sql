-- What a run said of itself when it started: JSON, or null.
SELECT parameters FROM base.runs WHERE run_id = $run_id;
