-- Whether an act stands in the record. Grain: one row if so, else none. Read by: review/deciding.py.
SELECT 1 FROM base.decisions WHERE act_id = $act::UUID LIMIT 1;
