-- Write down the decisions in `deciding` about the messages that their items show. An act that stands
-- in the record is not written again: a page that got no answer may ask twice.
-- Grain of what is inserted: one row per decision. `supersedes` names what the same reviewer said of
-- the flag before, or, of an adjudication, what another one said last.
-- Read by: review/deciding.py.
CREATE OR REPLACE TEMP TABLE shown AS
SELECT
    i.item_no, any_value(c.channel_key) AS channel_key, any_value(f.message_id) AS message_id,
    any_value(f.content_id) AS content_id, any_value(f.model_version) AS model_version,
    any_value(f.language) AS language
FROM base.items i SEMI JOIN deciding USING (item_no)
JOIN base.flags f USING (revision_no)
JOIN base.channels c ON c.channel_no = i.channel_no
GROUP BY i.item_no;

INSERT INTO base.decisions (
    decision_id, channel_key, message_id, content_id, label, source, target, judgement,
    changed_label, changed_source, changed_target, changed_severity, spans, reviewer, decided_at,
    reason, note, supersedes, model_version, act_id, purpose, copy_of, language, seconds
)
SELECT
    uuid(), s.channel_key, s.message_id, s.content_id, d.label, d.source, d.target, d.judgement,
    d.changed_label, d.changed_source, d.changed_target, d.changed_severity, d.spans,
    d.reviewer, d.decided_at, d.reason, d.note, former.decision_id, s.model_version, d.act_id,
    d.purpose, NULL, s.language, d.seconds
FROM deciding d JOIN shown s USING (item_no)
LEFT JOIN (
    SELECT
        d.item_no, d.label, d.source, d.target,
        max_by(e.decision_id, (e.decided_at, e.decision_id)) AS decision_id
    FROM deciding d JOIN shown s USING (item_no)
    JOIN base.standing_decisions e
        ON e.channel_key = s.channel_key AND e.message_id = s.message_id
        AND e.content_id = s.content_id AND e.label = d.label
        AND e.source IS NOT DISTINCT FROM d.source AND e.target IS NOT DISTINCT FROM d.target
        AND (e.reviewer = d.reviewer OR d.purpose = 'adjudication')
    WHERE e.copy_of IS NULL AND (e.purpose = 'golden') = (d.purpose = 'golden')
    GROUP BY ALL
) former
    ON former.item_no = d.item_no AND former.label = d.label
    AND former.source IS NOT DISTINCT FROM d.source AND former.target IS NOT DISTINCT FROM d.target
WHERE NOT d.known;

CREATE OR REPLACE TEMP TABLE refold AS SELECT DISTINCT item_no FROM deciding;
