-- A search as texts are searched, and the number of a channel, null where it is not known.
-- Grain: one row. Read by: review/finding.py.
SELECT
    base.searched($text::VARCHAR) AS text,
    (SELECT min(channel_no) FROM base.channels WHERE channel_key = $channel) AS channel_no;
