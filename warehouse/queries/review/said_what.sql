-- Decisions by their ids. Grain: one row per decision. Read by: review/settling.py.
SELECT
    decision_id, channel_key, message_id, content_id, label, source, target, judgement,
    changed_label, changed_source, changed_target, changed_severity, reviewer, purpose, decided_at
FROM base.decisions WHERE decision_id IN (SELECT unnest($decisions::UUID[]));
