-- Take some items, so that of two transactions that take one the later is refused. DuckDB refuses two
-- updates of a row that change it, but no update of a row that the other deletes: and folding deletes
-- items and writes them anew. Grain: one row per item. Read by: review/settling.py.
UPDATE base.items SET taken = taken + 1 WHERE item_no IN (SELECT unnest($items::BIGINT[]));
