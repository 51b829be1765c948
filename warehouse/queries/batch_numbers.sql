-- The numbers of the batches of this transaction, in their order; runs have no source.
SELECT batch_no, coalesce(source_no, 0) FROM batch ORDER BY place;
