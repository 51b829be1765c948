-- How many quarantined items are due, and not held; how many are held. Read by: retention/removing.py.
SELECT count(*) FILTER (NOT held) AS due, count(*) FILTER (held) AS held FROM unread_due;
