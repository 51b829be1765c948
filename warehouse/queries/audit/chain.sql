-- Entries after $after, in their order, $most of them, with all that their hashes cover.
-- Units: happened in microseconds since 1970, UTC. Read by: audit.py.
SELECT entry_no, epoch_us(happened_at) AS happened, who, what, about, hash
FROM base.audit WHERE entry_no > $after ORDER BY entry_no LIMIT $most;
