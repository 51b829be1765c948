-- Work out anew the standing of every message in `affected`, from sightings and snapshots alone.
-- The current revision is that of the latest snapshot that shows the message, and within one file
-- the later item. A message is deleted when a snapshot later than all that show it covers its id.
CREATE OR REPLACE TEMP TABLE ranked AS
SELECT
    snapshot_no, source_no, channel_no, covers_from, covers_to,
    row_number() OVER (
        PARTITION BY channel_no ORDER BY finished, as_of NULLS FIRST, snapshot_no
    ) AS rank
FROM base.snapshots WHERE channel_no IN (SELECT channel_no FROM affected);

CREATE OR REPLACE TEMP TABLE seen AS
SELECT s.channel_no, s.message_id, s.revision_no, s.ordinal, r.rank, r.snapshot_no
FROM base.sightings s
SEMI JOIN affected USING (channel_no, message_id)
JOIN ranked r USING (snapshot_no);

CREATE OR REPLACE TEMP TABLE heads AS
SELECT
    channel_no, message_id, max_by(revision_no, (rank, ordinal)) AS revision_no,
    max(rank) AS rank, max_by(snapshot_no, rank) AS last_snapshot
FROM seen GROUP BY channel_no, message_id;

DELETE FROM base.standings WHERE revision_no IN (SELECT revision_no FROM seen);

INSERT INTO base.standings
SELECT DISTINCT revision_no, 'superseded', NULL::INTEGER, NULL::INTEGER
FROM seen ANTI JOIN heads USING (revision_no);

-- An item that lies in quarantine was there, even if it could not be read.
INSERT INTO base.standings
SELECT h.revision_no, 'deleted', h.last_snapshot, min_by(r.snapshot_no, r.rank)
FROM heads h JOIN ranked r
    ON r.channel_no = h.channel_no AND r.rank > h.rank
    AND h.message_id BETWEEN r.covers_from AND r.covers_to
WHERE (r.source_no, h.channel_no, h.message_id) NOT IN (
    SELECT (q.source_no, c.channel_no, q.message_id)
    FROM base.quarantine q JOIN base.channels c USING (channel_key)
    WHERE q.message_id IS NOT NULL
)
GROUP BY h.revision_no, h.last_snapshot;

-- What was flagged and is superseded leaves the review queue, or comes back to it.
INSERT INTO base.changed
SELECT DISTINCT revision_no FROM base.flags SEMI JOIN seen USING (revision_no);
