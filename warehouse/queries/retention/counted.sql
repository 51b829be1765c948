-- What is due. Grain: one row per rule and whether it is held. Read by: retention/removing.py.
SELECT
    d.rule, d.held, count(*) AS messages,
    coalesce(sum((SELECT count(*) FROM doomed x
        WHERE x.channel_no = d.channel_no AND x.message_id = d.message_id)), 0)::BIGINT AS revisions
FROM due d GROUP BY ALL ORDER BY d.rule, d.held;
