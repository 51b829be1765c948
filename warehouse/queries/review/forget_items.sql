-- Items about which nothing was said (any more) wait. Read by: review/settling.py.
UPDATE base.items SET state = 'waiting', done_by = [], decided_at = NULL
WHERE item_no IN (SELECT unnest($items::BIGINT[])) AND (state <> 'waiting' OR len(done_by) > 0);
