-- Where things are that are marked, held or removed. Grain: one row in all.
-- Units: early, when the first tenth of the revisions had been sent, UTC.
-- Read by: ops/releases/keep_warehouse.py.
SELECT
    (SELECT min(item_no) FROM base.items WHERE state = 'decided') AS decided,
    (SELECT list(channel_key ORDER BY channel_key) FROM base.channels) AS channels,
    (SELECT quantile_disc(sent_at, 0.1) FROM base.revisions) AS early
