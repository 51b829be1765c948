-- Decisions are written beside the folding of the queue: who changes how an item stands first counts
-- here, so that of two transactions that change one item the later is refused. Nothing reads it.
ALTER TABLE base.items ADD COLUMN taken INTEGER DEFAULT 0;
