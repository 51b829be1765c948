-- A channel by number. Grain: one row. Read by: review/record.py.
SELECT channel_key, name AS channel_name, username AS channel_username
FROM base.named_channels WHERE channel_no = $channel_no;
