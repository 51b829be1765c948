-- From `arriving`: numbers for the runs, the files and the batches that are mentioned for the first
-- time. Leaves `batch` (one row per batch), and empty what the next scripts add to.
INSERT INTO base.runs (run_no, run_id, state)
SELECT
    (SELECT coalesce(max(run_no), 0) FROM base.runs) + row_number() OVER (ORDER BY first),
    run_id, 'unknown'
FROM (
    SELECT run_id, min(place) AS first FROM arriving ANTI JOIN base.runs USING (run_id)
    GROUP BY run_id
);

INSERT INTO base.sources (source_no, source_id, run_no)
SELECT
    (SELECT coalesce(max(source_no), 0) FROM base.sources) + row_number() OVER (ORDER BY first),
    source_id, run_no
FROM (
    SELECT source_id, min(place) AS first, arg_min(run_no, place) AS run_no
    FROM arriving JOIN base.runs USING (run_id) ANTI JOIN base.sources USING (source_id)
    WHERE source_id IS NOT NULL GROUP BY source_id
);

CREATE OR REPLACE TEMP TABLE batch AS
SELECT
    ((SELECT coalesce(max(batch_no), 0) FROM base.batches) + 1 + place)::INTEGER AS batch_no,
    place, batch_id, kind, r.run_no, s.source_no, reading, sequence
FROM arriving a JOIN base.runs r USING (run_id) LEFT JOIN base.sources s USING (source_id);

-- Every channel of every batch: the first mention in a file begins a snapshot.
CREATE OR REPLACE TEMP TABLE presented (
    batch_no INTEGER, source_no INTEGER, channel_key VARCHAR
);

-- Messages whose standing has to be worked out.
CREATE OR REPLACE TEMP TABLE affected (channel_no INTEGER, message_id BIGINT);

-- The counts of each batch for the ledger.
CREATE OR REPLACE TEMP TABLE tally (
    batch_no INTEGER, rows BIGINT, landed BIGINT, unchanged BIGINT, quarantined BIGINT,
    analysed BIGINT
);
