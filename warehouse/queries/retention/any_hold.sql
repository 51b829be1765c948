-- Is anything under a hold? Read by: retention/removing.py.
SELECT EXISTS (FROM base.held) AS held;
