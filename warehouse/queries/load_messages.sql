-- From `arrived` (rows of inbox files, numbered by arriving.py) and `batch`: new revisions, sightings,
-- analyses, flags and indicators. Adds to `affected` (messages whose standing may have changed) and to `tally`.
-- What is known is looked up by semi-joins on (channel_no, message_id), whose bounds DuckDB pushes
-- into the scan of the big table: a batch of one channel touches that channel's row groups only.

CREATE OR REPLACE TEMP TABLE keyed AS
SELECT
    row_no, ordinal, batch_no, source_no, channel_no, message_id,
    base.content_of(kind, media_type, action, text, entities) AS content_id,
    greatest(sent_at, edited_at) AS latest, views, forwards, model_version
FROM arrived JOIN base.channels USING (channel_key);

UPDATE base.snapshots SET latest = greatest(snapshots.latest, seen.latest)
FROM (
    SELECT source_no, channel_no, max(latest) AS latest FROM keyed GROUP BY source_no, channel_no
) seen
WHERE snapshots.source_no = seen.source_no AND snapshots.channel_no = seen.channel_no;

-- ---------------------------------------------------------------- revisions

CREATE OR REPLACE TEMP TABLE known AS
SELECT revision_no, channel_no, message_id, content_id
FROM base.revisions SEMI JOIN keyed USING (channel_no, message_id);

-- What was removed stays away, unless its rule lets it return or a hold asks for it. It counts as
-- unchanged: it was here.
CREATE OR REPLACE TEMP TABLE withheld AS
SELECT channel_no, message_id, content_id
FROM base.removed SEMI JOIN keyed USING (channel_no, message_id)
ANTI JOIN known USING (channel_no, message_id, content_id)
JOIN base.channels USING (channel_no)
WHERE NOT EXISTS (
    FROM base.held h
    WHERE h.channel_key = channels.channel_key
        AND (h.message_id IS NULL OR h.message_id = removed.message_id)
)
GROUP BY channel_no, message_id, content_id
HAVING NOT max_by(may_return, removed_at);

CREATE OR REPLACE TEMP TABLE fresh AS
SELECT
    greatest(
        (SELECT coalesce(max(revision_no), 0) FROM base.revisions),
        (SELECT coalesce(max(revision_no), 0) FROM base.removed)
    ) + row_number() OVER (ORDER BY row_no) AS revision_no,
    channel_no, message_id, content_id, row_no
FROM (
    SELECT channel_no, message_id, content_id, min(row_no) AS row_no
    FROM keyed ANTI JOIN known USING (channel_no, message_id, content_id)
    ANTI JOIN withheld USING (channel_no, message_id, content_id)
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
    s.batch_no, s.language, s.language_probability, s.fingerprint, s.dari_log_odds
FROM arrived s JOIN fresh f USING (row_no);

-- ---------------------------------------------------------------- sightings

-- A message without a known revision was never sighted, so only the known ones are looked up.
CREATE OR REPLACE TEMP TABLE sighted AS
SELECT *
FROM (
    SELECT
        p.channel_no, p.message_id, n.snapshot_no, p.ordinal, p.revision_no, p.views, p.forwards
    FROM placed p
    JOIN base.snapshots n ON n.source_no = p.source_no AND n.channel_no = p.channel_no
) ANTI JOIN (
    SELECT snapshot_no, ordinal, revision_no
    FROM base.sightings SEMI JOIN known USING (channel_no, message_id)
) USING (snapshot_no, ordinal, revision_no);

INSERT INTO base.sightings
SELECT channel_no, message_id, snapshot_no, ordinal, revision_no, views, forwards FROM sighted;

-- A standing can only change where a message has several revisions, or its channel has another
-- snapshot that may say that it is gone.
INSERT INTO affected
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
SELECT
    min(row_no) AS row_no, revision_no, bool_or(old) AS old,
    any_value(channel_no) AS channel_no, any_value(message_id) AS message_id,
    any_value(content_id) AS content_id
FROM placed
ANTI JOIN (
    SELECT revision_no, model_version FROM base.analyses SEMI JOIN known USING (revision_no)
) USING (revision_no, model_version)
WHERE model_version IS NOT NULL
GROUP BY revision_no, model_version;

INSERT INTO base.analyses
SELECT
    a.revision_no, a.channel_no, a.message_id, s.model_version, s.channel_actor,
    s.language, s.language_probability, s.language_mixed, s.language_abstained,
    s.scores, s.indicators, s.batch_no, s.fingerprint, s.dari_log_odds
FROM arrived s JOIN analysed a USING (row_no);

-- The latest analysis is the current one: what was derived from an earlier one gives way.
UPDATE base.revisions SET
    language = new.language, language_probability = new.language_probability,
    fingerprint = new.fingerprint, dari_log_odds = new.dari_log_odds
FROM (
    SELECT a.revision_no, language, language_probability, fingerprint, dari_log_odds
    FROM arrived JOIN (SELECT * FROM analysed WHERE old) a USING (row_no)
) new
WHERE revisions.revision_no = new.revision_no
    AND (
        revisions.language, revisions.language_probability,
        revisions.fingerprint, revisions.dari_log_odds
    ) IS DISTINCT FROM (
        new.language, new.language_probability, new.fingerprint, new.dari_log_odds
    );

-- The review queue is folded anew where flags come or go.
INSERT INTO base.changed
SELECT DISTINCT revision_no FROM base.flags
WHERE revision_no IN (SELECT revision_no FROM analysed WHERE old);

DELETE FROM base.flags WHERE revision_no IN (SELECT revision_no FROM analysed WHERE old);

DELETE FROM base.indicators WHERE revision_no IN (SELECT revision_no FROM analysed WHERE old);

INSERT INTO base.flags
SELECT
    revision_no, channel_no, message_id, content_id, sent_at, language, text, position, batch_no,
    channel_actor, score.label, score.source, score.target, score.probability, score.status,
    score.severity, score.frames, score.routes, score.evidence, model_version
FROM (
    SELECT
        a.revision_no, a.channel_no, a.message_id, a.content_id, s.batch_no,
        s.sent_at, s.language, s.text, s.position, s.channel_actor, s.model_version,
        unnest(list_filter(s.scores, lambda score: score.status IN ('flagged', 'review'))) AS score
    FROM arrived s JOIN analysed a USING (row_no)
);

INSERT INTO base.changed
SELECT DISTINCT revision_no FROM base.flags WHERE revision_no IN (SELECT revision_no FROM analysed);

INSERT INTO base.indicators
SELECT
    revision_no, channel_no, message_id, sent_at, indicator.type, indicator.value,
    indicator."start", indicator."end", indicator.valid, batch_no, model_version
FROM (
    SELECT
        a.revision_no, a.channel_no, a.message_id, s.batch_no, s.sent_at, s.model_version,
        unnest(s.indicators) AS indicator
    FROM arrived s JOIN analysed a USING (row_no)
);

-- Counted one by one and not from each other, so that the check of a run can fail.
INSERT INTO tally
SELECT
    b.batch_no,
    (SELECT count(*) FROM keyed k WHERE k.batch_no = b.batch_no),
    (SELECT count(*) FROM fresh f WHERE f.row_no >> 20 = b.batch_no),
    (SELECT count(*) FROM placed p
        WHERE p.batch_no = b.batch_no AND (p.old OR p.row_no <> p.first_row))
    + (SELECT count(*) FROM keyed k SEMI JOIN withheld USING (channel_no, message_id, content_id)
        WHERE k.batch_no = b.batch_no),
    0,
    (SELECT count(*) FROM analysed a WHERE a.row_no >> 20 = b.batch_no)
FROM batch b WHERE b.kind = 'messages';
