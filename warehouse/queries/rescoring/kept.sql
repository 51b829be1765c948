-- The analyses of `kept`, under the name $version: rows of kind `analysis` of the inbox.
-- Read by: warehouse/rescoring/slices.py.
SELECT
    c.channel_key, a.message_id, r.content_id::VARCHAR AS content_id, a.channel_actor, a.language,
    a.language_probability, a.language_mixed, a.language_abstained, a.scores, a.indicators,
    a.fingerprint, a.dari_log_odds, $version AS model_version
FROM (
    SELECT a.* FROM base.analyses a
    JOIN kept USING (revision_no, model_version) WHERE NOT kept.shadow
    UNION ALL BY NAME
    SELECT a.* FROM base.shadow_analyses a
    JOIN kept USING (revision_no, model_version) WHERE kept.shadow
) a
JOIN base.channels c USING (channel_no)
JOIN (
    SELECT revision_no, content_id FROM base.revisions SEMI JOIN kept USING (revision_no)
) r USING (revision_no)
ORDER BY a.revision_no;
