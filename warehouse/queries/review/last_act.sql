-- The latest act of $reviewer that stands. Grain: one row, null where there is none.
-- Read by: review/deciding.py.
SELECT max_by(act_id, (decided_at, act_id))::VARCHAR AS act_id
FROM base.standing_decisions
WHERE reviewer = $reviewer AND copy_of IS NULL;
