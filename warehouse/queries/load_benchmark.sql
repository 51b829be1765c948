-- From `measured`: the rows of benchmark runs. Each batch is one run; the ledger keeps it from being
-- loaded twice.
INSERT INTO base.benchmarks
SELECT
    b.run_no, m.measured_at, m.suite, m.model, m.model_version, m.slice, m.metric, m.value, m.n,
    m.low, m.high
FROM measured m JOIN batch b USING (batch_no)
ORDER BY m.row_no;

INSERT INTO tally
SELECT batch_no, count(*), 0, 0, 0, 0 FROM measured GROUP BY batch_no;
