-- The fields of a file that no reader knows, with the number of items that have them.
INSERT INTO base.unknown_fields
SELECT source_no, field, items
FROM batch CROSS JOIN (SELECT unnest($fields::VARCHAR[]) AS field, unnest($items::BIGINT[]) AS items)
ANTI JOIN base.unknown_fields USING (source_no, field);
