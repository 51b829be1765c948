-- Read one inbox file of a kind that is loaded as it stands.
CREATE OR REPLACE TEMP TABLE staged AS
SELECT * FROM read_parquet($path);
