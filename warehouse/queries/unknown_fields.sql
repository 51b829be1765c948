-- Fields that no reader knows, most frequent first.
SELECT s.path AS file, u.field, u.items
FROM base.unknown_fields u JOIN base.sources s USING (source_no)
ORDER BY u.items DESC, file, field;
