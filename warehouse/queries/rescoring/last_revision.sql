-- The highest number of a revision, 0 where there is none. Read by: flows/duties/extract.py.
SELECT coalesce(max(revision_no), 0) AS last FROM base.revisions;
