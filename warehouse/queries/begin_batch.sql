-- The batch being loaded, as a table of one row, so that the scripts need no values bound.
CREATE OR REPLACE TEMP TABLE batch AS
SELECT
    (SELECT coalesce(max(batch_no), 0) + 1 FROM base.batches)::INTEGER AS batch_no,
    $batch_id::VARCHAR AS batch_id,
    $kind::VARCHAR AS kind,
    run_no,
    (SELECT source_no FROM base.sources WHERE source_id = $source_id) AS source_no,
    $reading::VARCHAR AS reading,
    $sequence::BIGINT AS sequence
FROM base.runs WHERE run_id = $run_id;
