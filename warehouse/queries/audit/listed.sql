-- The latest entries; a filter that is null does not filter. Read by: audit.py.
SELECT entry_no, happened_at, who, what, about FROM base.audit
WHERE ($who::VARCHAR IS NULL OR who = $who) AND ($what::VARCHAR IS NULL OR starts_with(what, $what))
    AND ($since::TIMESTAMPTZ IS NULL OR happened_at >= $since)
ORDER BY entry_no DESC LIMIT $most;
