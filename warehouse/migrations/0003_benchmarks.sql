-- What benchmark runs measured, so that a model's history can be asked for. Append-only.

CREATE TABLE base.benchmarks (
    run_no        INTEGER NOT NULL,
    measured_at   TIMESTAMPTZ NOT NULL,
    suite         VARCHAR NOT NULL,
    model         VARCHAR NOT NULL,  -- as the run called it
    model_version VARCHAR NOT NULL,  -- names weights, tables and code
    slice         VARCHAR NOT NULL,  -- "all", "language=ur", "functionality=negation;tables=ps"
    metric        VARCHAR NOT NULL,
    value         DOUBLE,
    n             BIGINT NOT NULL,   -- cases behind the value
    low           DOUBLE,            -- 95 % interval
    high          DOUBLE
);
