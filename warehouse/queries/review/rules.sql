-- What the statements of one transaction of the review queue go by; they read it from here, because
-- DuckDB binds parameters to a single statement. Grain: one row. Read by: review/folding.py.
CREATE OR REPLACE TEMP TABLE rules AS
SELECT
    $label_weights::MAP(VARCHAR, DOUBLE) AS label_weights,
    $severity_weights::MAP(INTEGER, DOUBLE) AS severity_weights,
    $review_weight::DOUBLE AS review_weight,
    $reach_exponent::DOUBLE AS reach_exponent,
    $half_life::DOUBLE AS half_life,
    $double_share::DOUBLE AS double_share,
    $double_labels::VARCHAR[] AS double_labels,
    $double_severity::INTEGER AS double_severity;
