-- Who has which item. Grain: one row per item. Units: until, seconds since 1970. Read by: claims.py.
CREATE TABLE IF NOT EXISTS claims (
    item_no INTEGER PRIMARY KEY, reviewer TEXT NOT NULL, until REAL NOT NULL
) STRICT
