-- What the models that have scored here are made of, as their runs noted it.
-- Grain: one row per version.
-- Read by: warehouse/rescoring/slices.py.
SELECT json_extract_string(parameters, '$.model.version') AS model_version,
    any_value(json_extract(parameters, '$.model.parts')::VARCHAR) AS parts
FROM base.runs
WHERE parameters IS NOT NULL AND json_extract(parameters, '$.model.parts.code') IS NOT NULL
GROUP BY ALL ORDER BY model_version;
