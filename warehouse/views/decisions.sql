-- decisions: what moderators decided; append-only.
-- Grain: one row per decision; one that replaces another names it in `supersedes`.
-- Units: times UTC; spans half-open in code points of the raw text of that revision.
-- Read by: the console, agreement reports, training on reviewed labels, exports.
CREATE OR REPLACE VIEW decisions AS
SELECT
    decision_id, channel_key, message_id, content_id, label, source, target,
    judgement, changed_label, changed_source, changed_target, changed_severity, spans,
    reviewer, decided_at, reason, note, supersedes, model_version
FROM base.decisions;
