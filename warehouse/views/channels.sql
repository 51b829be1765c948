-- channels: every channel, as its latest export presents it, and what is held of it.
-- Grain: one row per channel_key.
-- Units: messages, deleted and revisions are counts; first_sent_at and last_sent_at UTC;
--   snapshots counts the files that contain the channel, as_of is how far the latest reaches.
--   persian_messages counts the messages in Persian of whatever country (tags prs and fa);
--   dari_probability is the probability, 0 to 1, that they are Dari rather than Iranian Persian, null
--   where there is none. As classifiers/language/persian.py has it: the log odds of each message,
--   cut to ±4, count half, their sum, cut to ±30, meets a prior of one half.
-- Read by: reports, the console's channel page, users' own SQL.
CREATE OR REPLACE VIEW channels AS
SELECT
    c.channel_key, c.name, c.username, c.type, c.details,
    coalesce(r.messages, 0) AS messages, coalesce(r.deleted, 0) AS deleted,
    coalesce(r.revisions, 0) AS revisions, r.first_sent_at, r.last_sent_at,
    coalesce(n.snapshots, 0) AS snapshots, n.as_of,
    coalesce(r.persian_messages, 0) AS persian_messages,
    CASE WHEN r.persian_messages > 0
        THEN 1 / (1 + exp(-least(greatest(0.5 * coalesce(r.dari_evidence, 0), -30), 30)))
    END AS dari_probability
FROM base.named_channels c
LEFT JOIN (
    SELECT
        channel_no,
        count(*) FILTER (WHERE state IS DISTINCT FROM 'superseded') AS messages,
        count(*) FILTER (WHERE state = 'deleted') AS deleted,
        count(*) AS revisions,
        min(sent_at) AS first_sent_at, max(sent_at) AS last_sent_at,
        count(*) FILTER (WHERE persian) AS persian_messages,
        sum(least(greatest(dari_log_odds::DOUBLE, -4), 4))
            FILTER (WHERE persian AND dari_log_odds IS NOT NULL) AS dari_evidence
    FROM (
        SELECT
            *, language IN ('prs', 'fa') AND state IS DISTINCT FROM 'superseded' AS persian
        FROM base.revisions LEFT JOIN base.standings USING (revision_no)
    )
    GROUP BY channel_no
) r USING (channel_no)
LEFT JOIN (
    SELECT channel_no, count(*) AS snapshots, max(as_of) AS as_of
    FROM base.snapshots GROUP BY channel_no
) n USING (channel_no);
