-- Read one inbox file of messages and name each row's content.
CREATE OR REPLACE TEMP TABLE staged AS
SELECT
    file_row_number AS row_no,
    base.content_of(kind, media_type, action, text, entities) AS content_id,
    * EXCLUDE (file_row_number)
FROM read_parquet($path, file_row_number = true);
