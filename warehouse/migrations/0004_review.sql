-- The review queue: flags folded into items, and what the record of decisions lacked.

-- One act of a moderator may hold several decisions. A decision on an item with copies has a row for
-- the message that was shown, and one per copy that names it in `copy_of`.
ALTER TABLE base.decisions ADD COLUMN act_id UUID;

ALTER TABLE base.decisions ADD COLUMN purpose VARCHAR; -- review | second | adjudication | golden | bulk | copy

ALTER TABLE base.decisions ADD COLUMN copy_of UUID;

ALTER TABLE base.decisions ADD COLUMN language VARCHAR; -- of the message, as the reviewer was shown it

ALTER TABLE base.decisions ADD COLUMN seconds FLOAT; -- from showing to deciding

UPDATE base.decisions SET act_id = decision_id, purpose = 'review';

-- Derived from flags: one row per question. Near-copies with the same flags are one item.
CREATE TABLE base.items (
    item_no       BIGINT NOT NULL,
    revision_no   BIGINT NOT NULL,   -- the one that is shown: the first that came
    channel_no    INTEGER NOT NULL,  -- of that one, as is the language
    language      VARCHAR NOT NULL,
    fingerprint   UBIGINT NOT NULL,  -- that near-copies are measured against
    signature     VARCHAR NOT NULL,  -- the keys of its flags, sorted
    labels        VARCHAR[] NOT NULL,
    sources       VARCHAR[] NOT NULL,
    targets       VARCHAR[] NOT NULL,
    frames        VARCHAR[] NOT NULL,
    routes        VARCHAR[] NOT NULL,
    channels      INTEGER[] NOT NULL,
    copies        INTEGER NOT NULL,  -- messages, the one that is shown among them
    severity      TINYINT NOT NULL,  -- the greatest; 0 where no flag has one
    probability   FLOAT NOT NULL,    -- the greatest
    reach         BIGINT NOT NULL,   -- views of all copies, as they were first exported
    first_sent_at TIMESTAMPTZ,
    last_sent_at  TIMESTAMPTZ,
    priority      DOUBLE NOT NULL,   -- natural logarithm, grows with time at a fixed rate
    words         VARCHAR NOT NULL USING COMPRESSION uncompressed, -- the text as it is searched, again and again
    wanted        TINYINT NOT NULL,  -- reviews that agree, before a flag is decided
    since         TIMESTAMPTZ NOT NULL,
    state         VARCHAR NOT NULL,  -- waiting | second | adjudication | escalated | decided
    done_by       VARCHAR[] NOT NULL, -- who has spoken on all that is open
    decided_at    TIMESTAMPTZ
);

CREATE SEQUENCE base.item_numbers; -- never given twice

CREATE TABLE base.item_members (
    item_no     BIGINT NOT NULL,
    revision_no BIGINT NOT NULL,
    channel_no  INTEGER NOT NULL,
    message_id  BIGINT NOT NULL,
    content_id  UUID NOT NULL
);

-- Derived: how far each flag of an item is decided.
CREATE TABLE base.item_flags (
    item_no    BIGINT NOT NULL,
    label      VARCHAR NOT NULL,
    source     VARCHAR,
    target     VARCHAR,
    state      VARCHAR NOT NULL, -- waiting | second | adjudication | escalated | decided
    decided_at TIMESTAMPTZ
);

-- Revisions whose flags or standing have changed since they were last folded.
CREATE TABLE base.changed (revision_no BIGINT NOT NULL);

INSERT INTO base.changed SELECT DISTINCT revision_no FROM base.flags;

-- How a flag is named in one word.
CREATE MACRO base.flag_key(label, source, target) AS
    label || CASE WHEN target IS NULL THEN '' ELSE ':' || coalesce(source, 'unknown') || '>' || target END;

-- Text as it is searched: small letters, without marks, with the letters that the keyboards of
-- Pashto, Urdu and Dari tell apart and writers do not made one, without stretching, joiners, signs of
-- direction and what else is invisible within words.
CREATE MACRO base.searched(body) AS
    translate(
        lower(strip_accents(left(body, 8000))),
        'يىئےېۍكګةۀہھۂەأإآٱؤ' || chr(1600) || chr(173) || chr(1564) || chr(8203) || chr(8204)
            || chr(8205) || chr(8206) || chr(8207) || chr(8234) || chr(8235) || chr(8236) || chr(8237)
            || chr(8238) || chr(8288) || chr(8294) || chr(8295) || chr(8296) || chr(8297)
            || chr(65279),
        'ییییییکگههههههااااو'
    );

-- Decisions that were not taken back, nor copies of one that was. An undo that was undone takes
-- nothing back.
CREATE VIEW base.standing_decisions AS
WITH undone AS (
    SELECT supersedes AS decision_id FROM base.decisions
    WHERE judgement = 'undo' AND supersedes IS NOT NULL AND decision_id NOT IN (
        SELECT supersedes FROM base.decisions
        WHERE judgement = 'undo' AND supersedes IS NOT NULL
    )
)
SELECT * FROM base.decisions
WHERE judgement <> 'undo'
    AND decision_id NOT IN (SELECT decision_id FROM undone)
    AND (copy_of IS NULL OR copy_of NOT IN (SELECT decision_id FROM undone));

-- Decisions that stand, each with every message that it holds for: the one that was shown, and the
-- copies. A copy keeps what was decided of it when it is no longer in one item with that message.
CREATE VIEW base.held_decisions AS
SELECT d.* REPLACE (
    h.channel_key AS channel_key, h.message_id AS message_id, h.content_id AS content_id
)
FROM base.decisions h
JOIN base.standing_decisions d ON d.decision_id = coalesce(h.copy_of, h.decision_id);

-- Which decided messages are mixed in as questions with a known answer; append-only, the latest mark
-- counts. The answer is the decision in force on each of its flags.
CREATE TABLE base.golden (
    channel_key VARCHAR NOT NULL,
    message_id  BIGINT NOT NULL,
    content_id  UUID NOT NULL,
    golden      BOOLEAN NOT NULL,
    marked_by   VARCHAR NOT NULL,
    marked_at   TIMESTAMPTZ NOT NULL
);

-- By which rules the queue was ordered, and since when; append-only, the latest are in force.
CREATE TABLE base.review_rules (digest VARCHAR NOT NULL, since TIMESTAMPTZ NOT NULL);
