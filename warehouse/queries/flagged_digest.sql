-- A digest of what is flagged: the surest and severest of every label and language in turn, so
-- that no label and no language crowds out the others.
-- Grain: one row per flagged score. Read by: the closing table of a run, the Prefect pages.
SELECT * FROM flagged
WHERE status = 'flagged'
ORDER BY
    row_number() OVER (
        PARTITION BY label, language
        ORDER BY severity DESC NULLS LAST, probability DESC, channel_key, message_id, target
    ),
    label, language
LIMIT $limit;
