-- What takes decisions back, an undo among them. Grain: one row per undo. Read by: review/settling.py.
SELECT decision_id, supersedes FROM base.decisions
WHERE judgement = 'undo' AND supersedes IN (SELECT unnest($decisions::UUID[]));
