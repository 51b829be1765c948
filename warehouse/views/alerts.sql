-- alerts: what somebody is to be told of, and how it stands.
-- Grain: one row per rule, subject (`key`) and time in which it held without a longer break.
-- Units: times UTC; state is open, acknowledged, silenced or resolved, as of now; count is the rows
--   behind it, measure how bad it is in the units of its kind, raised how often it was told; subject
--   and evidence are JSON; link is the query string of the console's queue that shows the rows.
-- Read by: the console, `channelwatch alerts list`, users' own SQL.
CREATE OR REPLACE VIEW alerts AS
SELECT
    alert_id, rule, kind, severity, state, key, subject, evidence, link, count, measure,
    first_seen, last_seen, resolved_at, raised, notified_at,
    acknowledged_by, acknowledged_at, silenced_until, silenced_by
FROM base.alerts_at(now());
