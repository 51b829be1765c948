-- Whether a revision is of a deleted message. Grain: one row if so, else none.
-- Read by: review/record.py.
SELECT true AS deleted FROM base.standings WHERE revision_no = $revision_no AND state = 'deleted';
