-- decisions: what moderators decided; append-only.
-- Grain: one row per decision and message. One that replaces another names it in `supersedes`; one
--   that holds for a near-copy of the message that was shown names that decision in `copy_of`;
--   act_id is shared by all that one act of a moderator brought.
-- Units: times UTC; spans half-open in code points of the raw text of that revision, which
--   offset_unit says beside them, for whoever reads an export alone; seconds from
--   showing to deciding. purpose is review, second, adjudication, golden (a known answer mixed in),
--   bulk or copy.
-- Read by: the console, agreement reports, training on reviewed labels, exports.
CREATE OR REPLACE VIEW decisions AS
SELECT
    decision_id, channel_key, message_id, content_id, label, source, target,
    judgement, changed_label, changed_source, changed_target, changed_severity, spans,
    reviewer, decided_at, reason, note, supersedes, model_version,
    act_id, purpose, copy_of, language, seconds, 'code points' AS offset_unit
FROM base.decisions;
