-- audit: who read and changed what; chained, so that a change shows (`channelwatch audit verify`).
-- Grain: one row per entry. about is JSON and never holds the text of a message.
-- Units: times UTC.
-- Read by: `channelwatch audit list`, auditors.
CREATE OR REPLACE VIEW audit AS
SELECT entry_no, happened_at, who, what, about FROM base.audit ORDER BY entry_no;
