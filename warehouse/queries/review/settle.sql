-- Work out the state of every item in `refold` from the decisions on its members that stand.
-- Of each reviewer the latest word on a flag counts; an answer to a golden item counts for nothing.
-- Units: unsure is how many reviewers may be unsure before an item goes to a lead.
-- Read by: review/folding.py, review/deciding.py.
CREATE OR REPLACE TEMP TABLE asked AS
SELECT DISTINCT i.item_no, i.wanted, f.label, f.source, f.target
FROM base.items i SEMI JOIN refold USING (item_no)
JOIN base.flags f USING (revision_no);

CREATE OR REPLACE TEMP TABLE opinions AS
SELECT
    item_no, label, source, target, reviewer,
    max_by(judgement, (decided_at, decision_id)) AS judgement,
    max_by(
        CASE judgement
            WHEN 'confirm' THEN 'as flagged'
            WHEN 'reject' THEN 'not'
            ELSE concat_ws('|', 'changed', coalesce(changed_label, ''), coalesce(changed_source, ''),
                coalesce(changed_target, ''), coalesce(changed_severity::VARCHAR, ''))
        END,
        (decided_at, decision_id)
    ) AS outcome,
    max_by(purpose, (decided_at, decision_id)) AS purpose,
    max(decided_at) AS decided_at
FROM (
    -- A decision holds for several members: it is one word all the same.
    SELECT DISTINCT
        m.item_no, d.label, d.source, d.target, d.decision_id, d.reviewer, d.judgement, d.purpose,
        d.changed_label, d.changed_source, d.changed_target, d.changed_severity, d.decided_at
    FROM base.item_members m SEMI JOIN refold USING (item_no)
    JOIN base.channels c USING (channel_no)
    JOIN base.held_decisions d USING (channel_key, message_id, content_id)
    WHERE d.purpose <> 'golden'
) d SEMI JOIN asked a
    ON a.item_no = d.item_no AND a.label = d.label
    AND a.source IS NOT DISTINCT FROM d.source AND a.target IS NOT DISTINCT FROM d.target
GROUP BY item_no, label, source, target, reviewer;

CREATE OR REPLACE TEMP TABLE flag_states AS
SELECT
    item_no, label, source, target, decided_at,
    CASE
        WHEN adjudicated THEN 'decided'
        WHEN escalated THEN 'escalated'
        WHEN outcomes > 1 THEN 'adjudication'
        WHEN reviews >= wanted THEN 'decided'
        WHEN doubts >= (SELECT unsure FROM rules) THEN 'escalated'
        WHEN reviews > 0 THEN 'second'
        ELSE 'waiting'
    END AS state
FROM (
    SELECT
        a.item_no, a.wanted, a.label, a.source, a.target, max(o.decided_at) AS decided_at,
        coalesce(bool_or(o.purpose = 'adjudication' AND o.judgement IN ('confirm', 'reject', 'change')), false)
            AS adjudicated,
        coalesce(bool_or(o.judgement = 'escalate'), false) AS escalated,
        count(*) FILTER (o.judgement IN ('confirm', 'reject', 'change')) AS reviews,
        count(DISTINCT o.outcome) FILTER (o.judgement IN ('confirm', 'reject', 'change')) AS outcomes,
        count(*) FILTER (o.judgement = 'unsure') AS doubts
    FROM asked a LEFT JOIN opinions o
        ON o.item_no = a.item_no AND o.label = a.label
        AND o.source IS NOT DISTINCT FROM a.source AND o.target IS NOT DISTINCT FROM a.target
    GROUP BY a.item_no, a.wanted, a.label, a.source, a.target
);

DELETE FROM base.item_flags WHERE item_no IN (SELECT item_no FROM refold);

INSERT INTO base.item_flags SELECT item_no, label, source, target, state, decided_at FROM flag_states;

UPDATE base.items SET state = settled.state, done_by = settled.done_by, decided_at = settled.decided_at
FROM (
    SELECT
        s.item_no,
        CASE
            WHEN bool_or(s.state = 'escalated') THEN 'escalated'
            WHEN bool_or(s.state = 'waiting') THEN 'waiting'
            WHEN bool_or(s.state = 'second') THEN 'second'
            WHEN bool_or(s.state = 'adjudication') THEN 'adjudication'
            ELSE 'decided'
        END AS state,
        coalesce(any_value(d.done_by), []) AS done_by,
        CASE WHEN bool_and(s.state = 'decided') THEN max(s.decided_at) END AS decided_at
    FROM flag_states s
    LEFT JOIN (
        -- Who has spoken on every flag that is still open.
        SELECT item_no, list(reviewer ORDER BY reviewer) AS done_by
        FROM (
            SELECT o.item_no, o.reviewer, count(*) AS spoken
            FROM opinions o JOIN flag_states s
                ON o.item_no = s.item_no AND o.label = s.label AND s.state <> 'decided'
                AND o.source IS NOT DISTINCT FROM s.source
                AND o.target IS NOT DISTINCT FROM s.target
            GROUP BY o.item_no, o.reviewer
        )
        JOIN (
            SELECT item_no, count(*) AS open FROM flag_states WHERE state <> 'decided' GROUP BY item_no
        ) USING (item_no)
        WHERE spoken = open GROUP BY item_no
    ) d USING (item_no)
    GROUP BY s.item_no
) settled
WHERE items.item_no = settled.item_no;
