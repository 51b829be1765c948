-- What each moderator decided from $since until $until, how fast, and how it held.
-- Grain: one row per reviewer with a decision in that time. Units: decisions are on flags, those on
--   copies of the message that was shown not counted; acts what was done at once; hours are clock
--   hours with a decision in them; seconds the median from showing to deciding, of acts of one item
--   (not in bulk); times UTC. golden and adjudicated count answers (confirm, reject, change) on flags
--   whose true answer is known from others: golden of items mixed in as known, against the latest
--   word of others, an adjudication before any other; adjudicated of those that a lead has decided;
--   …_right those that say the same: not so, or so with that label, source and target. overturned
--   counts answers that a later decision of somebody else replaces and contradicts.
-- Read by: ops/console/pages/team.py.
WITH said AS (
    SELECT
        d.*, c.channel_no,
        CASE
            WHEN judgement = 'reject' THEN 'not'
            WHEN judgement IN ('confirm', 'change') THEN concat_ws(
                '|', coalesce(changed_label, label), coalesce(changed_source, source, ''),
                coalesce(changed_target, target, '')
            )
        END AS outcome
    FROM base.standing_decisions d LEFT JOIN base.channels c USING (channel_key)
    WHERE copy_of IS NULL
),
placed AS ( -- which question each answers; a message that is in no item any more stands for itself
    SELECT
        s.*,
        coalesce(m.item_no::VARCHAR, s.channel_key || ' ' || s.message_id || ' ' || s.content_id)
            || ' ' || base.flag_key(s.label, s.source, s.target) AS question
    FROM said s LEFT JOIN base.item_members m USING (channel_no, message_id, content_id)
),
answers AS (
    SELECT * FROM placed WHERE outcome IS NOT NULL AND purpose <> 'golden'
),
mine AS (
    SELECT * FROM placed WHERE decided_at >= $since AND decided_at < $until
),
known AS ( -- of golden answers, what others say, an adjudication before any other
    SELECT
        g.decision_id,
        max_by(a.outcome, (a.purpose = 'adjudication', a.decided_at, a.decision_id)) AS outcome
    FROM mine g JOIN answers a USING (question)
    WHERE g.purpose = 'golden' AND g.outcome IS NOT NULL AND a.reviewer <> g.reviewer
    GROUP BY g.decision_id
),
settled AS ( -- of the others, what a lead said
    SELECT m.decision_id, max_by(a.outcome, (a.decided_at, a.decision_id)) AS outcome
    FROM mine m JOIN answers a USING (question)
    WHERE a.purpose = 'adjudication' AND m.purpose NOT IN ('golden', 'adjudication')
        AND m.outcome IS NOT NULL AND a.reviewer <> m.reviewer
    GROUP BY m.decision_id
),
replaced AS (
    SELECT DISTINCT m.decision_id
    FROM mine m
    JOIN (
        SELECT decision_id AS later, unnest(replaces) AS decision_id FROM decisions
    ) r ON r.decision_id = m.decision_id
    JOIN answers a ON a.decision_id = r.later
    WHERE a.reviewer <> m.reviewer AND a.outcome IS DISTINCT FROM m.outcome
        AND m.outcome IS NOT NULL AND m.purpose <> 'golden'
)
SELECT
    m.reviewer, count(*) AS decisions, count(DISTINCT m.act_id) AS acts,
    count(DISTINCT date_trunc('hour', m.decided_at)) AS hours,
    median(m.seconds) FILTER (m.purpose <> 'bulk') AS seconds,
    max(m.decided_at) AS last_seen_at,
    count(*) FILTER (m.outcome IS NOT NULL AND m.purpose <> 'golden') AS answers,
    count(*) FILTER (m.judgement = 'unsure') AS unsure,
    count(*) FILTER (m.judgement = 'escalate') AS escalated,
    count(*) FILTER (m.judgement = 'skip') AS skipped,
    count(k.outcome) AS golden, count(*) FILTER (k.outcome = m.outcome) AS golden_right,
    count(s.outcome) AS adjudicated, count(*) FILTER (s.outcome = m.outcome) AS adjudicated_right,
    count(r.decision_id) AS overturned
FROM mine m
LEFT JOIN known k USING (decision_id)
LEFT JOIN settled s USING (decision_id)
LEFT JOIN replaced r USING (decision_id)
GROUP BY m.reviewer ORDER BY m.reviewer;
