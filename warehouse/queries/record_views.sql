-- The stable views are in place.
CREATE OR REPLACE TABLE schema_views AS SELECT $digest::VARCHAR AS digest;
