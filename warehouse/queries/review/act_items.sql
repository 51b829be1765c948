-- The items in `refold` that there are, most urgent first.
-- Grain: one row per item. Read by: review/deciding.py.
SELECT item_no FROM base.items SEMI JOIN refold USING (item_no) ORDER BY priority DESC, item_no;
