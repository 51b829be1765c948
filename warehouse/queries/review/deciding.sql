-- The decisions of one act, to be written down by review/decide.sql.
-- Grain: one row per decision. Units: seconds from showing to deciding. Read by: review/deciding.py.
CREATE OR REPLACE TEMP TABLE deciding AS
SELECT
    d.*, $act::UUID AS act_id, $reviewer::VARCHAR AS reviewer, $now::TIMESTAMPTZ AS decided_at,
    EXISTS (SELECT 1 FROM base.decisions WHERE act_id = $act::UUID) AS known
FROM (
    SELECT unnest(
        from_json($decisions::VARCHAR, '[{
            "item_no": "BIGINT", "label": "VARCHAR", "source": "VARCHAR",
            "target": "VARCHAR", "judgement": "VARCHAR", "changed_label": "VARCHAR",
            "changed_source": "VARCHAR", "changed_target": "VARCHAR", "changed_severity": "TINYINT",
            "spans": [{"start": "INTEGER", "end": "INTEGER", "shows": "VARCHAR"}],
            "reason": "VARCHAR", "note": "VARCHAR", "purpose": "VARCHAR", "seconds": "FLOAT"
        }]')
    ) AS d
) AS given, (SELECT unnest(given.d));
