-- How far flags are decided. Grain: one row per flag of an item that does not simply wait.
-- Read by: review/settling.py.
INSERT INTO base.item_flags (item_no, label, source, target, state, decided_at)
SELECT row.* FROM (
    SELECT unnest($rows::STRUCT(
        item_no BIGINT, label VARCHAR, source VARCHAR, target VARCHAR, state VARCHAR,
        decided_at TIMESTAMPTZ
    )[]) AS row
);
