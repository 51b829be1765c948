-- From `unread`: quarantined items, each file × position × reason once.
INSERT INTO base.quarantine
SELECT source_no, batch_no, position, byte_offset, channel_key, message_id, reason, raw
FROM (
    SELECT DISTINCT ON (source_no, position, reason) *
    FROM unread ANTI JOIN base.quarantine USING (source_no, position, reason)
    ORDER BY batch_no
);

INSERT INTO tally
SELECT batch_no, count(*), 0, 0, count(*), 0 FROM unread GROUP BY batch_no;
