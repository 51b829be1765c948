-- What 0004 lacked while the review queue was written, for warehouses that were opened then: their
-- record has it as done. On all others this changes nothing.

CREATE TABLE IF NOT EXISTS base.item_flags (
    item_no    BIGINT NOT NULL,
    label      VARCHAR NOT NULL,
    source     VARCHAR,
    target     VARCHAR,
    state      VARCHAR NOT NULL, -- second | adjudication | escalated | decided
    decided_at TIMESTAMPTZ
);

-- A flag that waits has no row: one that is left is not taken for the flag's own state, and stands
-- beside it once the flag is decided.
DELETE FROM base.item_flags WHERE state = 'waiting';

CREATE TABLE IF NOT EXISTS base.golden (
    channel_key VARCHAR NOT NULL,
    message_id  BIGINT NOT NULL,
    content_id  UUID NOT NULL,
    golden      BOOLEAN NOT NULL,
    marked_by   VARCHAR NOT NULL,
    marked_at   TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS base.review_rules (digest VARCHAR NOT NULL, since TIMESTAMPTZ NOT NULL);

CREATE OR REPLACE VIEW base.held_decisions AS
SELECT d.* REPLACE (
    h.channel_key AS channel_key, h.message_id AS message_id, h.content_id AS content_id
)
FROM base.decisions h
JOIN base.standing_decisions d ON d.decision_id = coalesce(h.copy_of, h.decision_id);

CREATE OR REPLACE MACRO base.searched(body) AS
    translate(
        lower(strip_accents(left(body, 8000))),
        'يىئےېۍكګةۀہھۂەأإآٱؤ' || chr(1600) || chr(173) || chr(1564) || chr(8203) || chr(8204)
            || chr(8205) || chr(8206) || chr(8207) || chr(8234) || chr(8235) || chr(8236) || chr(8237)
            || chr(8238) || chr(8288) || chr(8294) || chr(8295) || chr(8296) || chr(8297)
            || chr(65279),
        'ییییییکگههههههااااو'
    );

-- Texts as they are searched, by the rule as it is now.
UPDATE base.items SET words = f.words
FROM (SELECT DISTINCT revision_no, base.searched(text) AS words FROM base.flags) f
WHERE f.revision_no = items.revision_no AND items.words <> f.words;
