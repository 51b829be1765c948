-- Keeping: what was removed and why, what must not be, who looked at what, and whose key names authors.

-- Append-only: one row per revision that was removed. What it said is gone; that it was here is not,
-- so that the counts of runs still add up and the same export does not bring it back.
CREATE TABLE base.removed (
    channel_no  INTEGER NOT NULL,
    message_id  BIGINT NOT NULL,
    content_id  UUID NOT NULL,
    revision_no BIGINT NOT NULL,     -- never given again
    batch_no    INTEGER NOT NULL,    -- that had brought it
    rule        VARCHAR NOT NULL,    -- the label of the rule, and its days: "none:90"
    may_return  BOOLEAN NOT NULL,    -- whether an export that shows it again brings it back
    removed_at  TIMESTAMPTZ NOT NULL
);

-- Append-only: legal holds, and their ends. A hold on an item has a row for each message that the item
-- had when it was put on, and holds its later copies too.
CREATE TABLE base.holds (
    hold_id     UUID NOT NULL,
    act         VARCHAR NOT NULL,    -- add | lift
    kind        VARCHAR,             -- channel | message | item; null when lifted
    case_name   VARCHAR,             -- under which holds are put on and lifted together
    channel_key VARCHAR,
    message_id  BIGINT,              -- null: the whole channel
    item_no     BIGINT,
    who         VARCHAR NOT NULL,
    happened_at TIMESTAMPTZ NOT NULL,
    why         VARCHAR NOT NULL
);

-- What is under a hold now. Grain: one row per hold × channel (message_id null) or message.
CREATE VIEW base.held AS
WITH standing AS (
    SELECT * FROM base.holds
    WHERE act = 'add' AND hold_id NOT IN (SELECT hold_id FROM base.holds WHERE act = 'lift')
)
SELECT hold_id, channel_key, message_id FROM standing WHERE channel_key IS NOT NULL
UNION
SELECT s.hold_id, c.channel_key, m.message_id
FROM standing s JOIN base.item_members m USING (item_no) JOIN base.channels c USING (channel_no);

-- Append-only and chained: each row's hash covers the row before it, so that a row that is changed,
-- taken out or put in shows. Never the text of a message.
CREATE TABLE base.audit (
    entry_no BIGINT NOT NULL,        -- from 1, without gaps
    happened_at TIMESTAMPTZ NOT NULL,
    who      VARCHAR NOT NULL,
    what     VARCHAR NOT NULL,       -- read.item, read.queue, export, users.add, hold.add, retain, …
    about    VARCHAR NOT NULL,       -- JSON
    hash     VARCHAR NOT NULL        -- sha256 of the hash before and of this row
);

-- The fingerprint of the key that authors are named by; no row: they stand as the exports have them.
CREATE TABLE base.author_key (fingerprint VARCHAR NOT NULL, since TIMESTAMPTZ NOT NULL);
