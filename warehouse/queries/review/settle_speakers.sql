-- Who has spoken on all that is open of items. Grain: one row per item. Read by: review/settling.py.
UPDATE base.items SET done_by = settled.done_by
FROM (
    SELECT row.* FROM (
        SELECT unnest(
            $rows::STRUCT(item_no BIGINT, state VARCHAR, decided_at TIMESTAMPTZ, done_by VARCHAR[])[]
        ) AS row
    )
) settled WHERE items.item_no = settled.item_no;
