-- The rules of a retention ($rules, JSON), whole and checked; see warehouse/retention/rules.py.
-- Grain: one row per rule. Units: keep_days in days of 24 hours, null: for ever.
-- Read by: retention/due.sql, retention/quarantine_due.sql.
CREATE OR REPLACE TEMP TABLE rules AS
SELECT unnest(from_json($rules, '[{
    "label": "VARCHAR", "keep_days": "INTEGER", "may_return": "BOOLEAN"
}]'), max_depth := 2);
