-- What waits, for the head of every page. Grain: one row. Units: oldest UTC, null
--   where nothing waits.
-- Read by: review/finding.py.
SELECT
    count(*) FILTER (state IN ('waiting', 'second')) AS waiting,
    count(*) FILTER (state = 'escalated') AS escalated,
    count(*) FILTER (state = 'adjudication') AS adjudication,
    min(since) AS oldest
FROM base.items WHERE state <> 'decided';
