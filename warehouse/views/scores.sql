-- scores: every answer of every model.
-- Grain: one row per revision × label × target × model version; revision_no joins to `revisions`
--   and `messages`.
-- Units: probability calibrated, 0 to 1, null exactly where `abstained` gives a reason; severity 1
--   to 3; evidence spans half-open in code points of the raw text.
-- Read by: benchmarks, model comparison, exports, users' own SQL.
CREATE OR REPLACE VIEW scores AS
SELECT
    c.channel_key, a.message_id, a.revision_no, a.model_version,
    a.score.label, a.score.source, a.score.target,
    a.score.probability, a.score.abstained, a.score.status,
    a.score.severity, a.score.frames, a.score.routes, a.score.evidence,
    a.channel_actor, a.language, a.language_probability, a.language_mixed, a.language_abstained,
    p.run_id
FROM (SELECT * EXCLUDE (scores, indicators), unnest(scores) AS score FROM base.analyses) a
JOIN base.channels c USING (channel_no)
JOIN base.provenance p USING (batch_no);
