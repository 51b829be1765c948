-- Whether a revision names payment indicators. Grain: one row if so, else none.
-- Read by: review/record.py.
SELECT 1 AS there FROM base.indicators WHERE revision_no = $revision_no LIMIT 1;
