-- Alerts: what somebody is told of, and what he said to it. What happened is append-only; how each
-- alert stands now is derived from it, but for the marks of the latest look (`last_seen` and so on).

-- One row per alert: a rule that holds for one subject, from when it first held until it held no
-- more. The same subject later is another alert.
CREATE TABLE base.alerts (
    alert_id         UUID NOT NULL,
    rule             VARCHAR NOT NULL,  -- its id in the table of rules
    kind             VARCHAR NOT NULL,  -- its query in queries/alerts
    key              VARCHAR NOT NULL,  -- what it is about, in one word: the same is never told twice
    severity         VARCHAR NOT NULL,  -- info | warning | critical
    subject          VARCHAR NOT NULL,  -- JSON: what it is about; strings in it are hostile input
    evidence         VARCHAR NOT NULL,  -- JSON: the numbers behind it
    link             VARCHAR,           -- query string of the console's queue, its rows
    count            BIGINT NOT NULL,   -- rows behind it
    measure          DOUBLE NOT NULL,   -- how bad; twice as much is twice as bad
    first_seen       TIMESTAMPTZ NOT NULL,
    last_seen        TIMESTAMPTZ NOT NULL,
    resolved_at      TIMESTAMPTZ,       -- null: it holds
    raised           INTEGER NOT NULL,  -- how often it was told
    notified_at      TIMESTAMPTZ,       -- when it was told last; null: it was silenced from the start
    notified_measure DOUBLE
);

-- What happened to alerts, with the numbers of that moment. Append-only.
CREATE TABLE base.alert_events (
    event_id UUID NOT NULL,
    alert_id UUID NOT NULL,
    event    VARCHAR NOT NULL,  -- raised | again | worse | held (silenced) | reopened | resolved
    happened_at TIMESTAMPTZ NOT NULL,
    routes   VARCHAR[] NOT NULL, -- to whom it goes, by the rule as it was then
    severity VARCHAR NOT NULL,
    subject  VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    link     VARCHAR,
    count    BIGINT NOT NULL,
    measure  DOUBLE NOT NULL
);

-- Who has seen an alert and takes care of it. Append-only.
CREATE TABLE base.alert_acknowledgements (
    alert_id UUID NOT NULL,
    reviewer VARCHAR NOT NULL,
    acted_at TIMESTAMPTZ NOT NULL,
    note     VARCHAR
);

-- What is not told for a time. Append-only: a silence ends early by a row that names it in `lifts`.
CREATE TABLE base.alert_silences (
    silence_id UUID NOT NULL,
    rule       VARCHAR,           -- null: every rule
    key        VARCHAR,           -- null: everything that the rule finds
    until      TIMESTAMPTZ NOT NULL,
    reviewer   VARCHAR NOT NULL,
    acted_at   TIMESTAMPTZ NOT NULL,
    why        VARCHAR NOT NULL,
    lifts      UUID
);

-- What goes to one receiver in one piece, fixed before it is first sent, so that what is sent again
-- after a crash is the same under the same id. Append-only.
CREATE TABLE base.alert_deliveries (
    delivery_id UUID NOT NULL,
    route       VARCHAR NOT NULL,
    events      UUID[] NOT NULL,
    planned_at  TIMESTAMPTZ NOT NULL
);

-- What became of it. Append-only.
CREATE TABLE base.alert_attempts (
    delivery_id UUID NOT NULL,
    tried_at    TIMESTAMPTZ NOT NULL,
    outcome     VARCHAR NOT NULL,  -- delivered | failed (tried again) | refused (not tried again)
    detail      VARCHAR NOT NULL
);

-- The rules as they were last evaluated, one row each; replaced at every look.
CREATE TABLE base.alert_rules (
    rule         VARCHAR NOT NULL,
    kind         VARCHAR NOT NULL,
    severity     VARCHAR NOT NULL,
    description  VARCHAR NOT NULL,
    routes       VARCHAR[] NOT NULL,
    evaluated_at TIMESTAMPTZ NOT NULL,
    found        BIGINT NOT NULL,
    seconds      DOUBLE NOT NULL,
    problem      VARCHAR            -- why it could not be evaluated
);

-- The silences in force at a moment.
CREATE MACRO base.silences_at(moment) AS TABLE
SELECT silence_id, rule, key, until, reviewer, acted_at, why FROM base.alert_silences
WHERE lifts IS NULL AND acted_at <= moment AND until > moment AND silence_id NOT IN (
    SELECT lifts FROM base.alert_silences WHERE lifts IS NOT NULL AND acted_at <= moment
);

-- How every alert stands at a moment: resolved, silenced, acknowledged or open. An acknowledgement
-- holds until the alert is told again, because it has become much worse.
CREATE MACRO base.alerts_at(moment) AS TABLE
SELECT
    a.*, k.reviewer AS acknowledged_by, k.acted_at AS acknowledged_at,
    k.note AS acknowledged_note,
    s.until AS silenced_until, s.reviewer AS silenced_by, s.why AS silenced_why,
    CASE
        WHEN a.resolved_at IS NOT NULL THEN 'resolved'
        WHEN s.until IS NOT NULL THEN 'silenced'
        WHEN k.acted_at >= coalesce(a.notified_at, k.acted_at) THEN 'acknowledged'
        ELSE 'open'
    END AS state
FROM base.alerts a
LEFT JOIN (
    SELECT
        alert_id, max(acted_at) AS acted_at, arg_max(reviewer, acted_at) AS reviewer,
        arg_max(note, acted_at) AS note
    FROM base.alert_acknowledgements GROUP BY alert_id
) k USING (alert_id)
LEFT JOIN (
    SELECT
        b.alert_id, max(q.until) AS until, arg_max(q.reviewer, q.until) AS reviewer,
        arg_max(q.why, q.until) AS why
    FROM base.alerts b JOIN base.silences_at(moment) q
        ON coalesce(q.rule = b.rule, true) AND coalesce(q.key = b.key, true)
    WHERE b.resolved_at IS NULL
    GROUP BY b.alert_id
) s USING (alert_id);

-- Flags that count for alerts: of revisions that were not replaced by an edit, above their threshold,
-- and not rejected by whoever reviewed them.
CREATE VIEW base.alertable AS
SELECT f.*
FROM base.flags f
ANTI JOIN (SELECT revision_no FROM base.standings WHERE state = 'superseded') s USING (revision_no)
ANTI JOIN (
    SELECT c.channel_no, d.message_id, d.content_id, d.label, d.source, d.target
    FROM base.standing_decisions d JOIN base.channels c USING (channel_key)
    WHERE d.judgement = 'reject'
) d ON d.channel_no = f.channel_no AND d.message_id = f.message_id AND d.content_id = f.content_id
    AND d.label = f.label AND d.source IS NOT DISTINCT FROM f.source
    AND d.target IS NOT DISTINCT FROM f.target
WHERE f.status = 'flagged';
