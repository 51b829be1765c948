-- Make room for how these rules fared; all others go where these are all that there are.
-- Read by: alerting/evaluating.py.
DELETE FROM base.alert_rules WHERE $whole::BOOLEAN OR list_contains($rules::VARCHAR[], rule);
