-- Take the bytes of $most quarantined items that are due. Read by: retention/removing.py.
UPDATE base.quarantine SET raw = NULL
WHERE rowid IN (SELECT row_no FROM unread_due WHERE NOT held ORDER BY row_no LIMIT $most);
