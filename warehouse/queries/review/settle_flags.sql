-- How far the flags in `settled_flags` are decided. Grain: one row per flag of an item that does not
-- simply wait. Read by: review/settling.py.
INSERT INTO base.item_flags (item_no, label, source, target, state, decided_at)
SELECT item_no, label, source, target, state, decided_at FROM settled_flags;
