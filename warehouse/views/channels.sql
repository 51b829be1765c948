-- channels: every channel, as its latest export presents it, and what is held of it.
-- Grain: one row per channel_key.
-- Units: messages, deleted and revisions are counts; first_sent_at and last_sent_at UTC;
--   snapshots counts the files that contain the channel, as_of is how far the latest reaches.
-- Read by: reports, the console's channel page, users' own SQL.
CREATE OR REPLACE VIEW channels AS
SELECT
    c.channel_key, c.name, c.username, c.type, c.details,
    coalesce(r.messages, 0) AS messages, coalesce(r.deleted, 0) AS deleted,
    coalesce(r.revisions, 0) AS revisions, r.first_sent_at, r.last_sent_at,
    coalesce(n.snapshots, 0) AS snapshots, n.as_of
FROM base.named_channels c
LEFT JOIN (
    SELECT
        channel_no,
        count(*) FILTER (WHERE state IS DISTINCT FROM 'superseded') AS messages,
        count(*) FILTER (WHERE state = 'deleted') AS deleted,
        count(*) AS revisions,
        min(sent_at) AS first_sent_at, max(sent_at) AS last_sent_at
    FROM base.revisions LEFT JOIN base.standings USING (revision_no)
    GROUP BY channel_no
) r USING (channel_no)
LEFT JOIN (
    SELECT channel_no, count(*) AS snapshots, max(as_of) AS as_of
    FROM base.snapshots GROUP BY channel_no
) n USING (channel_no);
