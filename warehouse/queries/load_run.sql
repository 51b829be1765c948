-- A run that starts, finishes or fails; a resumed run keeps its first start.
UPDATE base.runs SET
    state = CASE WHEN $state = 'started' AND finished_at IS NOT NULL THEN state ELSE $state END,
    started_at = CASE WHEN $state = 'started' THEN coalesce(started_at, $time::TIMESTAMPTZ)
        ELSE started_at END,
    finished_at = CASE WHEN $state = 'started' THEN finished_at ELSE $time::TIMESTAMPTZ END,
    fingerprint = coalesce($fingerprint, fingerprint),
    parameters = coalesce($parameters, parameters),
    counts = coalesce($counts, counts)
WHERE run_id = $run_id;
