-- How long the text of a revision is. Grain: one row. Units: code points. Read by: review/record.py.
SELECT length(text) AS length FROM base.revisions WHERE revision_no = $revision_no;
