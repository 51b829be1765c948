-- Read inbox files of messages and name each row's content. `row_no` sorts rows by batch and place,
-- `ordinal` by their place in the file that the reader read.
CREATE OR REPLACE TEMP TABLE staged AS
SELECT
    (b.batch_no::BIGINT << 20) + file_row_number AS row_no,
    (b.sequence << 20) + file_row_number AS ordinal,
    b.batch_no, b.source_no,
    base.content_of(m.kind, media_type, action, text, entities) AS content_id,
    m.* EXCLUDE (file_row_number, filename)
FROM read_parquet($paths, file_row_number = true, filename = true) m
JOIN batch b ON b.path = m.filename;
