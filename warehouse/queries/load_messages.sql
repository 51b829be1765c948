-- From `staged` and `batch` (one or several): new revisions, sightings, analyses, flags and indicators.
-- Leaves `affected` (messages whose standing may have changed) and `tally`.
-- What is known is looked up by semi-joins on (channel_no, message_id), whose bounds DuckDB pushes
-- into the scan of the big table: a batch of one channel touches that channel's row groups only.

INSERT INTO base.channels
SELECT
    (SELECT coalesce(max(channel_no), 0) FROM base.channels) + row_number() OVER (ORDER BY first),
    channel_key
FROM (
    SELECT channel_key, min(row_no) AS first
    FROM staged ANTI JOIN base.channels USING (channel_key)
    GROUP BY channel_key
);

CREATE OR REPLACE TEMP TABLE keyed AS
SELECT row_no, ordinal, batch_no, source_no, channel_no, message_id, content_id
FROM staged JOIN base.channels USING (channel_key);

INSERT INTO base.snapshots (snapshot_no, source_no, channel_no, finished)
SELECT
    (SELECT coalesce(max(snapshot_no), 0) FROM base.snapshots) + row_number() OVER (ORDER BY first),
    source_no, channel_no, false
FROM (
    SELECT source_no, channel_no, min(row_no) AS first FROM keyed GROUP BY source_no, channel_no
) ANTI JOIN base.snapshots USING (source_no, channel_no);

UPDATE base.snapshots SET latest = greatest(snapshots.latest, seen.latest)
FROM (
    SELECT s.source_no, channel_no, max(greatest(sent_at, edited_at)) AS latest
    FROM staged s JOIN keyed USING (row_no) GROUP BY s.source_no, channel_no
) seen
WHERE snapshots.source_no = seen.source_no AND snapshots.channel_no = seen.channel_no;

-- ---------------------------------------------------------------- revisions

CREATE OR REPLACE TEMP TABLE known AS
SELECT revision_no, channel_no, message_id, content_id
FROM base.revisions SEMI JOIN keyed USING (channel_no, message_id);

CREATE OR REPLACE TEMP TABLE fresh AS
SELECT
    (SELECT coalesce(max(revision_no), 0) FROM base.revisions) + row_number() OVER (ORDER BY row_no)
        AS revision_no,
    channel_no, message_id, content_id, row_no
FROM (
    SELECT channel_no, message_id, content_id, min(row_no) AS row_no
    FROM keyed ANTI JOIN known USING (channel_no, message_id, content_id)
    GROUP BY ALL
);

CREATE OR REPLACE TEMP TABLE placed AS
SELECT k.*, r.revision_no, r.old, r.first_row
FROM keyed k JOIN (
    SELECT revision_no, channel_no, message_id, content_id, false AS old, row_no AS first_row
    FROM fresh
    UNION ALL
    SELECT revision_no, channel_no, message_id, content_id, true, NULL FROM known
) r USING (channel_no, message_id, content_id);

INSERT INTO base.revisions
SELECT
    f.revision_no, f.channel_no, f.message_id, f.content_id,
    s.kind, s.sent_at, s.edited_at, s.time_basis,
    s.author_id, s.author_name, s.signature,
    s.forwarded_from_id, s.forwarded_from_name, s.forwarded_at,
    s.reply_to_id, s.reply_to_channel, s.via_bot,
    s.text, s.entities, s.media_type, s.media_name, s.media_mime, s.media_bytes,
    s.views, s.forwards, s.reactions, s.action, s.details, s.extra, s.position,
    s.batch_no, s.language, s.language_probability
FROM staged s JOIN fresh f USING (row_no);

-- ---------------------------------------------------------------- sightings

-- A message without a known revision was never sighted, so only the known ones are looked up.
CREATE OR REPLACE TEMP TABLE sighted AS
SELECT *
FROM (
    SELECT
        p.channel_no, p.message_id, n.snapshot_no, p.ordinal, p.revision_no, p.row_no
    FROM placed p
    JOIN base.snapshots n ON n.source_no = p.source_no AND n.channel_no = p.channel_no
) ANTI JOIN (
    SELECT snapshot_no, ordinal, revision_no
    FROM base.sightings SEMI JOIN known USING (channel_no, message_id)
) USING (snapshot_no, ordinal, revision_no);

INSERT INTO base.sightings
SELECT t.channel_no, t.message_id, t.snapshot_no, t.ordinal, t.revision_no, s.views, s.forwards
FROM sighted t JOIN staged s USING (row_no);

-- A standing can only change where a message has several revisions, or its channel has another
-- snapshot that may say that it is gone.
CREATE OR REPLACE TEMP TABLE affected AS
SELECT DISTINCT channel_no, message_id FROM sighted
SEMI JOIN (
    SELECT channel_no, message_id FROM (
        SELECT channel_no, message_id FROM fresh UNION ALL SELECT channel_no, message_id FROM known
    )
    GROUP BY channel_no, message_id HAVING count(*) > 1
) USING (channel_no, message_id)
UNION
SELECT channel_no, message_id FROM sighted
SEMI JOIN (
    SELECT channel_no FROM base.snapshots GROUP BY channel_no HAVING count(*) > 1
) USING (channel_no);

-- ---------------------------------------------------------------- analyses

-- One row of the batch for every analysis that is not there yet.
CREATE OR REPLACE TEMP TABLE analysed AS
SELECT min(row_no) AS row_no, revision_no, bool_or(old) AS old
FROM placed JOIN (
    SELECT row_no, model_version FROM staged WHERE model_version IS NOT NULL
) USING (row_no)
ANTI JOIN (
    SELECT revision_no, model_version FROM base.analyses SEMI JOIN known USING (revision_no)
) USING (revision_no, model_version)
GROUP BY revision_no, model_version;

INSERT INTO base.analyses
SELECT
    a.revision_no, k.channel_no, k.message_id, s.model_version, s.channel_actor,
    s.language, s.language_probability, s.language_mixed, s.language_abstained,
    s.scores, s.indicators, s.batch_no
FROM analysed a JOIN keyed k USING (row_no) JOIN staged s USING (row_no);

-- The latest analysis is the current one: what was derived from an earlier one gives way.
UPDATE base.revisions SET language = new.language, language_probability = new.language_probability
FROM (
    SELECT revision_no, language, language_probability
    FROM analysed JOIN staged USING (row_no) WHERE old
) new
WHERE revisions.revision_no = new.revision_no
    AND (revisions.language, revisions.language_probability)
        IS DISTINCT FROM (new.language, new.language_probability);

DELETE FROM base.flags WHERE revision_no IN (SELECT revision_no FROM analysed WHERE old);

DELETE FROM base.indicators WHERE revision_no IN (SELECT revision_no FROM analysed WHERE old);

INSERT INTO base.flags
SELECT
    revision_no, channel_no, message_id, content_id, sent_at, language, text, position, batch_no,
    channel_actor, score.label, score.source, score.target, score.probability, score.status,
    score.severity, score.frames, score.routes, score.evidence, model_version
FROM (
    SELECT
        a.revision_no, k.channel_no, k.message_id, k.content_id, s.batch_no,
        s.sent_at, s.language, s.text, s.position, s.channel_actor, s.model_version,
        unnest(list_filter(s.scores, lambda score: score.status IN ('flagged', 'review'))) AS score
    FROM analysed a JOIN keyed k USING (row_no) JOIN staged s USING (row_no)
);

INSERT INTO base.indicators
SELECT
    revision_no, channel_no, message_id, sent_at, indicator.type, indicator.value,
    indicator."start", indicator."end", indicator.valid, batch_no, model_version
FROM (
    SELECT
        a.revision_no, k.channel_no, k.message_id, s.batch_no, s.sent_at, s.model_version,
        unnest(s.indicators) AS indicator
    FROM analysed a JOIN keyed k USING (row_no) JOIN staged s USING (row_no)
);

-- Counted one by one and not from each other, so that the check of a run can fail.
CREATE OR REPLACE TEMP TABLE tally AS
SELECT
    b.batch_no,
    (SELECT count(*) FROM staged s WHERE s.batch_no = b.batch_no) AS rows,
    (SELECT count(*) FROM fresh f WHERE f.row_no >> 20 = b.batch_no) AS landed,
    (SELECT count(*) FROM placed p
        WHERE p.batch_no = b.batch_no AND (p.old OR p.row_no <> p.first_row)) AS unchanged,
    0 AS quarantined,
    (SELECT count(*) FROM analysed a WHERE a.row_no >> 20 = b.batch_no) AS analysed
FROM batch b;
