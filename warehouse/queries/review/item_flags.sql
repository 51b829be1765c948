-- What a page shows of the flags of a message, each with the message's text.
-- Grain: one row per flag. Units: evidence half-open in code points of the raw text.
-- Read by: review/record.py.
SELECT label, source, target, status, frames, routes, evidence, channel_actor, text
FROM base.flags WHERE revision_no = $revision_no;
