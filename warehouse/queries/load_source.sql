-- From `arriving` and `reported`: what readers say of the files that they read to the end, and of the
-- channels in them. The first path of a file stays; of the rest the latest report counts.
UPDATE base.sources SET
    path = coalesce(sources.path, told.path), bytes = told.latest.bytes,
    format = told.latest.format, compression = told.latest.compression
FROM (
    SELECT source_id, arg_min(source.path, place) AS path, arg_max(source, place) AS latest
    FROM arriving WHERE kind = 'source' GROUP BY source_id
) told
WHERE sources.source_id = told.source_id;

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
    SELECT DISTINCT ON (channel_no, source_no) * EXCLUDE (channel_key)
    FROM reported JOIN base.channels USING (channel_key) ORDER BY batch_no
) ANTI JOIN base.channel_facts USING (channel_no, source_no);
