-- What the reader's report says of the file itself; the first path seen stays.
UPDATE base.sources SET
    path = coalesce(path, $path), bytes = $bytes::BIGINT,
    format = $format, compression = $compression
WHERE source_id = $source_id;
