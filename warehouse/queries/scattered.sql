-- Do many small loads lie in the file as many small row groups: more than twice as many as their
-- rows need, and some? Told from the narrowest of the big tables, and from those that every run,
-- decision or reader adds a row to, also where nothing is ever found.
-- Grain: one row. Read by: warehouse/store.py.
WITH known AS (
    SELECT
        4 AS spare, (SELECT count(*) FROM base.sightings) AS rows,
        (SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('base.sightings')) AS groups
    UNION ALL SELECT
        16, (SELECT count(*) FROM base.runs),
        (SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('base.runs'))
    UNION ALL SELECT
        16, (SELECT count(*) FROM base.decisions),
        (SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('base.decisions'))
    UNION ALL SELECT
        16, (SELECT count(*) FROM base.audit),
        (SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('base.audit'))
)
SELECT bool_or(groups > spare + 2 * (rows // 122880)) FROM known;
