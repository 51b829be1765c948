-- How many decisions a filter of the history finds; copies left out. Grain: one row.
-- Read by: review/record.py.
SELECT count(*) AS decisions FROM base.decisions
WHERE copy_of IS NULL
    AND ($reviewer::VARCHAR IS NULL OR reviewer = $reviewer)
    AND ($label::VARCHAR IS NULL OR label = $label)
    AND ($language::VARCHAR IS NULL OR language = $language)
    AND ($judgement::VARCHAR IS NULL OR judgement = $judgement)
    AND ($purpose::VARCHAR IS NULL OR purpose = $purpose)
    AND ($channel::VARCHAR IS NULL OR channel_key = $channel)
    AND ($act::UUID IS NULL OR act_id = $act::UUID)
    AND ($from::TIMESTAMPTZ IS NULL OR decided_at >= $from)
    AND ($to::TIMESTAMPTZ IS NULL OR decided_at < $to);
