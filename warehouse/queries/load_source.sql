-- From `arriving` and `reported`: what readers say of the files that they read to the end, and of the
-- channels in them. The first path of a file stays; of the rest the latest report counts. Of what it
-- says of its channels the first report counts, unless only a later one is of the whole file.
UPDATE base.sources SET
    path = coalesce(sources.path, told.path), bytes = told.latest.bytes,
    format = told.latest.format, compression = told.latest.compression
FROM (
    SELECT source_id, arg_min(source.path, place) AS path, arg_max(source, place) AS latest
    FROM arriving WHERE kind = 'source' GROUP BY source_id
) told
WHERE sources.source_id = told.source_id;

CREATE OR REPLACE TEMP TABLE completed AS
SELECT DISTINCT b.source_no
FROM arriving JOIN batch b USING (place)
WHERE b.kind = 'source' AND source.complete
    AND b.source_no IN (SELECT source_no FROM base.readings)
    AND b.source_no NOT IN (SELECT source_no FROM base.readings WHERE complete);

DELETE FROM base.channel_facts WHERE source_no IN (FROM completed);

-- Their snapshots are finished anew, by `settle`, with how far the whole file reaches.
UPDATE base.snapshots SET finished = false WHERE source_no IN (FROM completed);

INSERT INTO base.readings
SELECT
    b.source_no, b.reading, source.model_version, b.run_no, source.items_read,
    source.quarantined, source.complete, source.warnings, false
FROM arriving JOIN batch b USING (place) WHERE b.kind = 'source' ORDER BY place;

INSERT INTO base.unknown_fields
SELECT DISTINCT ON (source_no, field) source_no, field, items
FROM (
    SELECT source_no, place, entry.key AS field, entry.value AS items
    FROM (
        SELECT source_no, place, unnest(map_entries(source.unknown_fields)) AS entry
        FROM arriving JOIN batch USING (place)
    )
)
ANTI JOIN base.unknown_fields USING (source_no, field)
ORDER BY place;

INSERT INTO base.channel_facts
SELECT channel_no, source_no, name, username, type, details, covers_from, covers_to, as_of
FROM (
    SELECT DISTINCT ON (channel_no, source_no) r.* EXCLUDE (channel_key), channel_no
    FROM reported r JOIN base.channels USING (channel_key)
    JOIN batch b USING (batch_no) JOIN arriving a USING (place)
    ORDER BY a.source.complete DESC, batch_no
) ANTI JOIN base.channel_facts USING (channel_no, source_no);
