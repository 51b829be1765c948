-- Write down decisions. Grain: one row per decision.
-- Units: seconds from showing to deciding; spans half-open in code points of the raw text.
-- Read by: review/deciding.py.
INSERT INTO base.decisions (
    decision_id, channel_key, message_id, content_id, label, source, target, judgement,
    changed_label, changed_source, changed_target, changed_severity, spans, reviewer, decided_at,
    reason, note, supersedes, model_version, act_id, purpose, language, seconds
)
SELECT row.* FROM (
    SELECT unnest($rows::STRUCT(
        decision_id UUID, channel_key VARCHAR, message_id BIGINT, content_id UUID, label VARCHAR,
        source VARCHAR, target VARCHAR, judgement VARCHAR, changed_label VARCHAR,
        changed_source VARCHAR, changed_target VARCHAR, changed_severity TINYINT,
        spans STRUCT("start" INTEGER, "end" INTEGER, shows VARCHAR)[], reviewer VARCHAR,
        decided_at TIMESTAMPTZ, reason VARCHAR, note VARCHAR, supersedes UUID,
        model_version VARCHAR, act_id UUID, purpose VARCHAR, language VARCHAR, seconds FLOAT
    )[]) AS row
);
