-- How one item stands. Grain: one row, none where there is no such item.
-- Read by: review/record.py. Small statements are quicker here than one: what takes time is planning.
SELECT
    item_no, revision_no, channel_no, state, wanted, copies, len(channels) AS channels, priority,
    since, severity, probability, done_by, decided_at, reach
FROM base.items WHERE item_no = $item_no;
