-- Begin with the inbox files of messages (variable `message_files`). The rows are read from the files
-- whenever they are needed and not kept: a script reads the columns that it wants. `row_no` sorts
-- them by batch and place, `ordinal` by their place in the file that the reader read.
CREATE OR REPLACE TEMP MACRO arrived() AS TABLE
SELECT
    (b.batch_no::BIGINT << 20) + file_row_number AS row_no,
    (b.sequence << 20) + file_row_number - b.first_row AS ordinal,
    b.batch_no, b.source_no,
    m.* EXCLUDE (file_row_number, filename, batch)
FROM read_parquet(getvariable('message_files'), file_row_number = true, filename = true) m
JOIN batch b ON b.path = m.filename AND b.number = m.batch;

INSERT INTO presented SELECT DISTINCT batch_no, source_no, channel_key FROM arrived();
