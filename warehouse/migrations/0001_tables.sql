-- The warehouse's own tables. They live in the schema `base`; users read the stable views in `main`.
--
-- No primary keys on the big tables: an index there halves the speed of bulk writes, and every
-- load already looks up what is known before it inserts. Numbers (`…_no`) are surrogates that
-- depend on load order; (channel_key, message_id, content_id) names a revision for ever.

CREATE SCHEMA base;

-- ---------------------------------------------------------------- where rows come from

CREATE TABLE base.runs (
    run_no      INTEGER NOT NULL,
    run_id      VARCHAR NOT NULL,
    fingerprint VARCHAR,           -- same inputs, options and model: same fingerprint
    state       VARCHAR NOT NULL,  -- unknown | started | finished | failed
    started_at  TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    parameters  VARCHAR,           -- JSON
    counts      VARCHAR            -- JSON: what the run itself says that it did
);

CREATE TABLE base.sources (        -- one row per file content
    source_no   INTEGER NOT NULL,
    source_id   VARCHAR NOT NULL,  -- sha256 of the file's bytes
    path        VARCHAR,           -- where it lay when it was first read
    bytes       BIGINT,
    format      VARCHAR,
    compression VARCHAR,
    run_no      INTEGER NOT NULL   -- the first run that read it
);

-- One row per file × way of reading it (options, batch size, model): the reader's final report.
CREATE TABLE base.readings (
    source_no     INTEGER NOT NULL,
    reading       VARCHAR NOT NULL,
    model_version VARCHAR,
    run_no        INTEGER NOT NULL,
    items_read    BIGINT NOT NULL,
    quarantined   BIGINT NOT NULL,
    complete      BOOLEAN NOT NULL, -- the reader came to the end of the file
    warnings      VARCHAR,          -- JSON list
    settled       BOOLEAN NOT NULL  -- every item it names has arrived
);

-- The ledger: a batch that stands here is never loaded again.
CREATE TABLE base.batches (
    batch_no      INTEGER NOT NULL,
    batch_id      VARCHAR NOT NULL,
    kind          VARCHAR NOT NULL, -- messages | quarantine | source | run
    run_no        INTEGER NOT NULL,
    source_no     INTEGER,
    reading       VARCHAR,
    sequence      BIGINT,
    rows          BIGINT NOT NULL,
    landed        BIGINT NOT NULL,  -- new revisions
    unchanged     BIGINT NOT NULL,  -- revisions that were already there
    quarantined   BIGINT NOT NULL,
    analysed      BIGINT NOT NULL,  -- new analyses
    loaded_at     TIMESTAMPTZ NOT NULL
);

CREATE TABLE base.unknown_fields (
    source_no INTEGER NOT NULL,
    field     VARCHAR NOT NULL,
    items     BIGINT NOT NULL
);

-- ---------------------------------------------------------------- channels and snapshots

CREATE TABLE base.channels (
    channel_no  INTEGER NOT NULL,
    channel_key VARCHAR NOT NULL
);

CREATE TABLE base.channel_facts ( -- append-only: what each file says of each channel
    channel_no  INTEGER NOT NULL,
    source_no   INTEGER NOT NULL,
    name        VARCHAR,
    username    VARCHAR,
    type        VARCHAR,
    details     VARCHAR,
    covers_from BIGINT,
    covers_to   BIGINT,
    as_of       TIMESTAMPTZ
);

-- A snapshot is one channel in one file. Until the whole file has arrived it is unfinished, covers
-- nothing and sorts before every finished snapshot, so that a half-loaded file changes no verdict.
CREATE TABLE base.snapshots (
    snapshot_no INTEGER NOT NULL,  -- load order
    source_no   INTEGER NOT NULL,
    channel_no  INTEGER NOT NULL,
    finished    BOOLEAN NOT NULL,
    as_of       TIMESTAMPTZ,
    latest      TIMESTAMPTZ,       -- latest time among its messages; as_of where the report has none
    covers_from BIGINT,
    covers_to   BIGINT
);

-- ---------------------------------------------------------------- messages

CREATE TABLE base.revisions ( -- append-only but for the two language columns
    revision_no          BIGINT NOT NULL,
    channel_no           INTEGER NOT NULL,
    message_id           BIGINT NOT NULL,
    content_id           UUID NOT NULL,
    kind                 VARCHAR NOT NULL,
    sent_at              TIMESTAMPTZ,
    edited_at            TIMESTAMPTZ,
    time_basis           VARCHAR NOT NULL,
    author_id            VARCHAR,
    author_name          VARCHAR,
    signature            VARCHAR,
    forwarded_from_id    VARCHAR,
    forwarded_from_name  VARCHAR,
    forwarded_at         TIMESTAMPTZ,
    reply_to_id          BIGINT,
    reply_to_channel     VARCHAR,
    via_bot              VARCHAR,
    text                 VARCHAR NOT NULL,
    entities             STRUCT("start" INTEGER, "end" INTEGER, type VARCHAR, value VARCHAR)[] NOT NULL,
    media_type           VARCHAR,
    media_name           VARCHAR,
    media_mime           VARCHAR,
    media_bytes          BIGINT,
    views                BIGINT,
    forwards             BIGINT,
    reactions            STRUCT(kind VARCHAR, label VARCHAR, "count" BIGINT)[] NOT NULL,
    action               VARCHAR,
    details              VARCHAR,
    extra                VARCHAR,
    position             VARCHAR NOT NULL,
    batch_no             INTEGER NOT NULL, -- names the file and the run
    language             VARCHAR,          -- of the latest analysis, kept here for speed
    language_probability FLOAT
);

-- Append-only: which revision of a message each snapshot shows. Deletion and the latest revision
-- follow from these rows alone, whatever the order in which files were loaded.
CREATE TABLE base.sightings (
    channel_no  INTEGER NOT NULL,
    message_id  BIGINT NOT NULL,
    snapshot_no INTEGER NOT NULL,
    ordinal     BIGINT NOT NULL,  -- order within the file
    revision_no BIGINT NOT NULL,
    views       BIGINT,           -- what changes without a new revision
    forwards    BIGINT
);

-- Derived from sightings and snapshots, for the few revisions that are not simply the current one.
CREATE TABLE base.standings (
    revision_no      BIGINT NOT NULL,
    state            VARCHAR NOT NULL, -- superseded | deleted
    last_snapshot    INTEGER,          -- deleted: the latest snapshot with the message
    missing_snapshot INTEGER           -- deleted: the first later one that should have it and has not
);

CREATE TABLE base.quarantine (
    source_no   INTEGER NOT NULL,
    batch_no    INTEGER NOT NULL,
    position    VARCHAR NOT NULL,
    byte_offset BIGINT,
    channel_key VARCHAR,
    message_id  BIGINT,
    reason      VARCHAR NOT NULL,
    raw         BLOB
);

-- ---------------------------------------------------------------- analyses

CREATE TABLE base.analyses ( -- append-only: one row per revision × model version
    revision_no          BIGINT NOT NULL,
    channel_no           INTEGER NOT NULL,
    message_id           BIGINT NOT NULL,
    model_version        VARCHAR NOT NULL,
    channel_actor        VARCHAR,
    language             VARCHAR NOT NULL,
    language_probability FLOAT,
    language_mixed       STRUCT(tag VARCHAR, share FLOAT)[] NOT NULL,
    language_abstained   VARCHAR,
    scores               STRUCT(
        label VARCHAR, source VARCHAR, target VARCHAR, probability FLOAT, abstained VARCHAR,
        status VARCHAR, severity TINYINT, frames VARCHAR[], routes VARCHAR[],
        evidence STRUCT("start" INTEGER, "end" INTEGER, shows VARCHAR)[]
    )[] NOT NULL,
    indicators           STRUCT(
        type VARCHAR, value VARCHAR, "start" INTEGER, "end" INTEGER, valid BOOLEAN
    )[] NOT NULL,
    batch_no             INTEGER NOT NULL
);

-- Derived: the flagged and review scores of the latest analysis of every revision, with what a
-- queue shows, so that a queue over ten million messages never touches the big tables.
CREATE TABLE base.flags (
    revision_no   BIGINT NOT NULL,
    channel_no    INTEGER NOT NULL,
    message_id    BIGINT NOT NULL,
    content_id    UUID NOT NULL,
    sent_at       TIMESTAMPTZ,
    language      VARCHAR NOT NULL,
    text          VARCHAR NOT NULL,
    position      VARCHAR NOT NULL,
    batch_no      INTEGER NOT NULL,
    channel_actor VARCHAR,
    label         VARCHAR NOT NULL,
    source        VARCHAR,
    target        VARCHAR,
    probability   FLOAT,
    status        VARCHAR NOT NULL,
    severity      TINYINT,
    frames        VARCHAR[],
    routes        VARCHAR[],
    evidence      STRUCT("start" INTEGER, "end" INTEGER, shows VARCHAR)[],
    model_version VARCHAR NOT NULL
);

-- Derived: the indicators of the latest analysis of every revision.
CREATE TABLE base.indicators (
    revision_no   BIGINT NOT NULL,
    channel_no    INTEGER NOT NULL,
    message_id    BIGINT NOT NULL,
    sent_at       TIMESTAMPTZ,
    type          VARCHAR NOT NULL,
    value         VARCHAR NOT NULL,
    span_start    INTEGER NOT NULL,
    span_end      INTEGER NOT NULL,
    valid         BOOLEAN,
    batch_no      INTEGER NOT NULL,
    model_version VARCHAR NOT NULL
);

-- ---------------------------------------------------------------- decisions

-- Append-only, keyed by what outlives a rebuilt warehouse, not by surrogate numbers.
CREATE TABLE base.decisions (
    decision_id      UUID NOT NULL,
    channel_key      VARCHAR NOT NULL,
    message_id       BIGINT NOT NULL,
    content_id       UUID NOT NULL,
    label            VARCHAR NOT NULL,
    source           VARCHAR,
    target           VARCHAR,
    judgement        VARCHAR NOT NULL, -- confirm | reject | change | unsure | escalate | skip | undo
    changed_label    VARCHAR,
    changed_source   VARCHAR,
    changed_target   VARCHAR,
    changed_severity TINYINT,
    spans            STRUCT("start" INTEGER, "end" INTEGER, shows VARCHAR)[],
    reviewer         VARCHAR NOT NULL,
    decided_at       TIMESTAMPTZ NOT NULL,
    reason           VARCHAR,
    note             VARCHAR,
    supersedes       UUID,             -- the decision that this one replaces
    model_version    VARCHAR           -- what the reviewer was shown
);

-- ---------------------------------------------------------------- the identity of a revision

-- SHA-256, cut to 128 bits, over what makes a revision: kind, media type, action, text and the
-- targets of its links in any order. The lengths in front make the parts unmistakable. MD5 would
-- be faster, but an author could then craft an edit that goes unnoticed.
CREATE MACRO base.content_of(kind, media_type, action, body, entities) AS
    left(sha256(concat_ws(':',
        strlen(kind), strlen(coalesce(media_type, '')), strlen(coalesce(action, '')), strlen(body),
        kind, coalesce(media_type, ''), coalesce(action, ''), body,
        array_to_string(list_sort([
            strlen(e.value) || ':' || e.value
            for e in entities if e.type = 'text_link' AND e.value IS NOT NULL
        ]), '')
    )), 32)::UUID;

-- The latest facts of every channel.
CREATE VIEW base.named_channels AS
SELECT
    c.channel_no, c.channel_key,
    arg_max(f.name, f.as_of) AS name,
    arg_max(f.username, f.as_of) AS username,
    arg_max(f.type, f.as_of) AS type,
    arg_max(f.details, f.as_of) AS details
FROM base.channels c LEFT JOIN (
    SELECT * REPLACE (coalesce(as_of, TIMESTAMPTZ '-infinity') AS as_of) FROM base.channel_facts
) f USING (channel_no)
GROUP BY ALL;

-- The file and run behind a batch.
CREATE VIEW base.provenance AS
SELECT b.batch_no, r.run_id, s.source_id, s.path AS file, s.format, b.loaded_at
FROM base.batches b JOIN base.runs r USING (run_no) LEFT JOIN base.sources s USING (source_no);
