-- Was every readable item of the file loaded, scored by this model (and read in this way)?
SELECT count(*) FROM base.readings JOIN base.sources USING (source_no)
WHERE source_id = $source_id AND settled AND model_version = $model_version
    AND ($reading::VARCHAR IS NULL OR reading = $reading);
