-- The batches that one transaction loads; the scripts take from here what would else be bound.
CREATE OR REPLACE TEMP TABLE batch (
    batch_no INTEGER, batch_id VARCHAR, kind VARCHAR, run_no INTEGER, source_no INTEGER,
    reading VARCHAR, sequence BIGINT, path VARCHAR
);
