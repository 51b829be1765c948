-- Is there such a channel, message or item? Read by: retention/holds.py.
SELECT
    EXISTS (FROM base.channels WHERE channel_key = $channel_key)
    OR EXISTS (FROM base.quarantine WHERE channel_key = $channel_key) AS channel,
    EXISTS (FROM base.items WHERE item_no = $item_no) AS item;
