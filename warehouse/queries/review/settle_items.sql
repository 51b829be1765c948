-- The states of items. Grain: one row per item. Read by: review/settling.py.
UPDATE base.items SET state = settled.state, decided_at = settled.decided_at
FROM (
    SELECT row.* FROM (
        SELECT unnest(
            $rows::STRUCT(item_no BIGINT, state VARCHAR, decided_at TIMESTAMPTZ, done_by VARCHAR[])[]
        ) AS row
    )
) settled WHERE items.item_no = settled.item_no;
