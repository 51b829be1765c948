-- New rules. Grain of what is inserted: one row. Read by: review/folding.py.
INSERT INTO base.review_rules VALUES ($digest, $now);
