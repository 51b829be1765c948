-- benchmarks: the history of what benchmark runs measured.
-- Grain: one row per run × suite × model × slice × metric.
-- Units: values as the metric has them (shares 0 to 1, messages per second); low and high bound the
--   95 % interval, null where there is none; times UTC.
-- Read by: model cards, reports, `channelwatch train` before it promotes, users' own SQL.
CREATE OR REPLACE VIEW benchmarks AS
SELECT
    r.run_id, b.measured_at, b.suite, b.model, b.model_version, b.slice, b.metric, b.value, b.n,
    b.low, b.high
FROM base.benchmarks b JOIN base.runs r USING (run_no);
