-- Which of these batches stand in the ledger?
SELECT batch_id FROM base.batches WHERE batch_id IN (SELECT unnest($batch_ids::VARCHAR[]));
