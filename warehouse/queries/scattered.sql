-- Do many small loads lie in the file as many small row groups: more than twice as many as its rows
-- need? Told from the narrowest of the big tables.
SELECT count(DISTINCT row_group_id) > 4 + 2 * (SELECT count(*) FROM base.sightings) // 122880
FROM pragma_storage_info('base.sightings');
