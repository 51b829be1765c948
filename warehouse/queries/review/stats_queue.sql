-- What waits in the review queue, by state.
-- Grain: one row per state that an item has. Units: items and copies (messages) are counts; oldest is
--   since when the oldest has been in the queue, UTC. Read by: ops/console/pages/overview.py.
SELECT state, count(*) AS items, sum(copies)::BIGINT AS copies, min(since) AS oldest
FROM base.items GROUP BY state;
