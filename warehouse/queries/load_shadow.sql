-- From `shadowed`: what a candidate model answers. A revision is named by channel, message and
-- content, or, where the content is null, by its place in the file that the batch is of (the batch
-- of messages came before). Nothing but base.shadow_analyses changes.
CREATE OR REPLACE TEMP TABLE naming AS
SELECT
    row_no, ordinal, source_no, channel_no, message_id, content_id::UUID AS content_id,
    model_version
FROM shadowed JOIN base.channels USING (channel_key);

CREATE OR REPLACE TEMP TABLE named AS
SELECT n.row_no, n.model_version, r.revision_no, n.channel_no, n.message_id
FROM naming n JOIN (
    SELECT revision_no, channel_no, message_id, content_id
    FROM base.revisions SEMI JOIN naming USING (channel_no, message_id)
) r USING (channel_no, message_id, content_id)
UNION ALL
SELECT n.row_no, n.model_version, s.revision_no, n.channel_no, n.message_id
FROM naming n
JOIN base.snapshots p ON p.source_no = n.source_no AND p.channel_no = n.channel_no
JOIN (
    SELECT snapshot_no, ordinal, channel_no, message_id, revision_no
    FROM base.sightings SEMI JOIN naming USING (channel_no, message_id)
) s ON s.snapshot_no = p.snapshot_no AND s.ordinal = n.ordinal AND s.message_id = n.message_id
WHERE n.content_id IS NULL;

CREATE OR REPLACE TEMP TABLE renewed AS
SELECT min(row_no) AS row_no, revision_no, any_value(channel_no) AS channel_no,
    any_value(message_id) AS message_id
FROM named ANTI JOIN (
    SELECT revision_no, model_version FROM base.shadow_analyses SEMI JOIN named USING (revision_no)
) USING (revision_no, model_version)
GROUP BY revision_no, model_version;

INSERT INTO base.shadow_analyses
SELECT
    n.revision_no, n.channel_no, n.message_id, s.model_version, s.channel_actor,
    s.language, s.language_probability, s.language_mixed, s.language_abstained,
    s.scores, s.indicators, s.batch_no, s.fingerprint, s.dari_log_odds
FROM shadowed s JOIN renewed n USING (row_no)
ORDER BY n.row_no;

INSERT INTO tally
SELECT
    b.batch_no,
    (SELECT count(*) FROM shadowed s WHERE s.batch_no = b.batch_no), 0, 0, 0,
    (SELECT count(*) FROM renewed n WHERE n.row_no >> 20 = b.batch_no)
FROM batch b WHERE b.kind = 'shadow';
