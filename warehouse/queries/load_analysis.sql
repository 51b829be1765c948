-- From `rescored`: analyses of revisions that are there already (re-scoring). A revision is named by
-- channel, message and content; a row that names none which is here is counted and has no effect.
-- The analysis that came last is in force: flags and indicators follow it. One whose version is in
-- force already changes nothing; one that had been superseded takes its place anew.
CREATE OR REPLACE TEMP TABLE naming AS
SELECT row_no, batch_no, channel_no, message_id, content_id::UUID AS content_id, model_version
FROM rescored JOIN base.channels USING (channel_key);

CREATE OR REPLACE TEMP TABLE named AS
SELECT n.row_no, n.model_version, r.revision_no, r.channel_no, r.message_id, r.content_id,
    r.sent_at, r.position, r.batch_no AS landed_in
FROM naming n JOIN (
    SELECT revision_no, channel_no, message_id, content_id, sent_at, position, batch_no
    FROM base.revisions SEMI JOIN naming USING (channel_no, message_id)
) r USING (channel_no, message_id, content_id);

CREATE OR REPLACE TEMP TABLE standing AS
SELECT a.revision_no, a.model_version, a.batch_no, a.rowid AS place
FROM base.analyses a SEMI JOIN named USING (revision_no);

-- One row for every analysis that is not in force yet.
CREATE OR REPLACE TEMP TABLE renewed AS
SELECT n.* FROM named n JOIN (
    SELECT min(row_no) AS row_no FROM named GROUP BY revision_no, model_version
) USING (row_no)
ANTI JOIN (
    SELECT revision_no, arg_max(model_version, (batch_no, place)) AS model_version
    FROM standing GROUP BY revision_no
) USING (revision_no, model_version);

DELETE FROM base.analyses USING renewed
WHERE analyses.revision_no = renewed.revision_no
    AND analyses.model_version = renewed.model_version;

INSERT INTO base.analyses
SELECT
    n.revision_no, n.channel_no, n.message_id, s.model_version, s.channel_actor,
    s.language, s.language_probability, s.language_mixed, s.language_abstained,
    s.scores, s.indicators, s.batch_no, s.fingerprint, s.dari_log_odds
FROM rescored s JOIN renewed n USING (row_no)
ORDER BY n.row_no;

-- What follows from it: of two that arrive together, the later one is in force.
CREATE OR REPLACE TEMP TABLE in_force AS
SELECT n.* FROM renewed n JOIN (
    SELECT max(row_no) AS row_no FROM renewed GROUP BY revision_no
) USING (row_no)
ANTI JOIN standing later -- brought by a batch of messages of the same transaction
    ON later.revision_no = n.revision_no AND later.batch_no > n.row_no >> 20;

UPDATE base.revisions SET
    language = new.language, language_probability = new.language_probability,
    fingerprint = new.fingerprint, dari_log_odds = new.dari_log_odds
FROM (
    SELECT n.revision_no, language, language_probability, fingerprint, dari_log_odds
    FROM rescored JOIN in_force n USING (row_no)
) new
WHERE revisions.revision_no = new.revision_no
    AND (
        revisions.language, revisions.language_probability,
        revisions.fingerprint, revisions.dari_log_odds
    ) IS DISTINCT FROM (
        new.language, new.language_probability, new.fingerprint, new.dari_log_odds
    );

INSERT INTO base.changed
SELECT DISTINCT revision_no FROM base.flags
WHERE revision_no IN (SELECT revision_no FROM in_force);

DELETE FROM base.flags WHERE revision_no IN (SELECT revision_no FROM in_force);

DELETE FROM base.indicators WHERE revision_no IN (SELECT revision_no FROM in_force);

CREATE OR REPLACE TEMP TABLE found_again AS
SELECT n.*, s.language, s.channel_actor, s.score
FROM (
    SELECT
        row_no, language, channel_actor,
        unnest(list_filter(scores, lambda score: score.status IN ('flagged', 'review'))) AS score
    FROM rescored
) s JOIN in_force n USING (row_no);

-- The file of a flag is the one that brought the message.
INSERT INTO base.flags
SELECT
    f.revision_no, f.channel_no, f.message_id, f.content_id, f.sent_at, f.language, r.text,
    f.position, f.landed_in, f.channel_actor, f.score.label, f.score.source, f.score.target,
    f.score.probability, f.score.status, f.score.severity, f.score.frames, f.score.routes,
    f.score.evidence, f.model_version
FROM found_again f JOIN (
    SELECT revision_no, text FROM base.revisions SEMI JOIN found_again USING (revision_no)
) r USING (revision_no);

INSERT INTO base.changed SELECT DISTINCT revision_no FROM found_again;

INSERT INTO base.indicators
SELECT
    n.revision_no, n.channel_no, n.message_id, n.sent_at, indicator.type, indicator.value,
    indicator."start", indicator."end", indicator.valid, n.landed_in, n.model_version
FROM (SELECT row_no, unnest(indicators) AS indicator FROM rescored)
JOIN in_force n USING (row_no);

INSERT INTO tally
SELECT
    b.batch_no,
    (SELECT count(*) FROM rescored s WHERE s.batch_no = b.batch_no), 0, 0, 0,
    (SELECT count(*) FROM renewed n WHERE n.row_no >> 20 = b.batch_no)
FROM batch b WHERE b.kind = 'analysis';
