-- The reader's report of one file read in one way.
INSERT INTO base.readings
SELECT
    source_no, reading, $model_version, run_no, $items_read::BIGINT, $quarantined::BIGINT,
    $complete::BOOLEAN, $warnings, false
FROM batch;
