-- Answers of candidate models that score beside the current one. They touch no flag, no item and no
-- language: they are there to be compared, before a candidate is promoted.

CREATE TABLE base.shadow_analyses ( -- append-only: one row per revision × candidate's version
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
    batch_no             INTEGER NOT NULL,
    fingerprint          UBIGINT,
    dari_log_odds        FLOAT
);
