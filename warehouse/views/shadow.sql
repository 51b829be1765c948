-- shadow: every answer of candidate models that scored beside the current one.
-- Grain: one row per revision × label × target × candidate's version; revision_no joins to
--   `revisions` and `messages`. None of these is a flag: `scores` and `flagged` know nothing of them.
-- Units: as in `scores`.
-- Read by: `channelwatch shadow`, users' own SQL.
CREATE OR REPLACE VIEW shadow AS
SELECT
    c.channel_key, a.message_id, a.revision_no, a.model_version,
    a.score.label, a.score.source, a.score.target,
    a.score.probability, a.score.abstained, a.score.status,
    a.score.severity, a.score.frames, a.score.routes, a.score.evidence,
    a.channel_actor, a.language, a.language_probability, p.run_id
FROM (SELECT * EXCLUDE (scores, indicators), unnest(scores) AS score FROM base.shadow_analyses) a
JOIN base.channels c USING (channel_no)
JOIN base.provenance p USING (batch_no);
