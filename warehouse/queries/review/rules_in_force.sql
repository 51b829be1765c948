-- The digest of the rules by which the queue is ordered. Grain: one row, null where there are none.
-- Read by: review/folding.py.
SELECT max_by(digest, since) FROM base.review_rules;
