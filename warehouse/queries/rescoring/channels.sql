-- What is known of the channels of `slice`, as the file said it that brought the messages.
-- Grain: one row per channel × file; where the file's report has not come, what others say.
-- Read by: warehouse/rescoring/slices.py.
SELECT
    s.channel_no, s.source_no, c.channel_key,
    coalesce(f.name, CASE WHEN f.channel_no IS NULL THEN n.name END) AS name,
    coalesce(f.username, CASE WHEN f.channel_no IS NULL THEN n.username END) AS username
FROM (SELECT DISTINCT channel_no, source_no FROM slice) s
JOIN base.channels c USING (channel_no)
LEFT JOIN base.channel_facts f ON f.channel_no = s.channel_no AND f.source_no = s.source_no
LEFT JOIN base.named_channels n ON n.channel_no = s.channel_no
ORDER BY s.channel_no, s.source_no;
