-- The files of which every readable item is loaded, read in this way and scored by this model.
SELECT source_id FROM base.readings JOIN base.sources USING (source_no)
WHERE settled AND model_version = $model_version AND reading = $reading;
