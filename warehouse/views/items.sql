-- items: the review queue, as it was last folded by whoever owns the warehouse.
-- Grain: one row per question: near-copies (fingerprints that differ in at most 3 of 64 bits) with the
--   same flags are one item.
-- Units: probability and severity are the greatest of its flags; copies are messages; reach is the
--   sum of their views; priority is a natural logarithm that only orders; times UTC. state is waiting,
--   second (a second, blind review is wanted), adjudication (two disagree), escalated or decided.
-- Read by: the console, alerts on the queue, reports, users' own SQL.
CREATE OR REPLACE VIEW items AS
SELECT
    i.item_no, i.state, i.priority, i.labels, i.sources, i.targets, i.frames, i.routes, i.language,
    i.severity, i.probability, i.copies, i.reach, i.first_sent_at, i.last_sent_at, i.since,
    i.wanted, i.decided_at, c.channel_key, i.revision_no
FROM base.items i JOIN base.channels c USING (channel_no);
