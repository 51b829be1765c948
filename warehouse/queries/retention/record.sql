-- Say that the revisions in `doomed` were here. Grain: one row per revision. Units: $now UTC.
-- Read by: retention/removing.py.
INSERT INTO base.removed
SELECT channel_no, message_id, content_id, revision_no, batch_no, rule, may_return, $now::TIMESTAMPTZ
FROM doomed ORDER BY revision_no;
