-- After the batches: has every item that a reader's report names arrived? Then the file's snapshots
-- are finished, take their place in the order and may say what is deleted. Adds to `affected`.
CREATE OR REPLACE TEMP TABLE settling AS
SELECT r.source_no, r.reading
FROM base.readings r SEMI JOIN batch USING (source_no, reading)
WHERE NOT r.settled AND r.items_read = (
    SELECT coalesce(sum(b.landed + b.unchanged + b.quarantined), 0) FROM base.batches b
    WHERE b.source_no = r.source_no AND b.reading = r.reading
);

UPDATE base.readings SET settled = true FROM settling
WHERE readings.source_no = settling.source_no AND readings.reading = settling.reading;

-- A file with an item of which not even the id could be read claims no completeness: what seems to
-- be missing may be what could not be read.
CREATE OR REPLACE TEMP TABLE finishing AS
SELECT
    s.snapshot_no, s.channel_no, coalesce(f.as_of, s.latest) AS as_of,
    CASE WHEN u.nameless THEN NULL ELSE f.covers_from END AS covers_from,
    CASE WHEN u.nameless THEN NULL ELSE f.covers_to END AS covers_to
FROM base.snapshots s
JOIN (SELECT DISTINCT source_no FROM settling) USING (source_no)
LEFT JOIN base.channel_facts f USING (source_no, channel_no)
LEFT JOIN (
    SELECT DISTINCT source_no, true AS nameless FROM base.quarantine
    WHERE message_id IS NULL OR channel_key IS NULL
) u USING (source_no)
WHERE NOT s.finished;

UPDATE base.snapshots SET
    finished = true, as_of = finishing.as_of,
    covers_from = finishing.covers_from, covers_to = finishing.covers_to
FROM finishing WHERE snapshots.snapshot_no = finishing.snapshot_no;

INSERT INTO affected
SELECT DISTINCT channel_no, message_id
FROM base.sightings SEMI JOIN (
    SELECT channel_no FROM base.snapshots SEMI JOIN finishing USING (channel_no)
    GROUP BY channel_no HAVING count(*) > 1
) USING (channel_no);
