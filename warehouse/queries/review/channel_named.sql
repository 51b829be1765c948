-- What a channel is called. Grain: one row, none where it is not known.
-- Read by: ops/console/pages/indicators.py.
SELECT coalesce(name, channel_key) AS name FROM base.named_channels
WHERE channel_key = $channel
ORDER BY channel_no LIMIT 1;
