-- holds: what must not be removed, and what no longer.
-- Grain: one row per hold. messages is null for a whole channel. lifted_at is null while it is in force.
-- Units: times UTC.
-- Read by: `channelwatch hold list`, auditors.
CREATE OR REPLACE VIEW holds AS
SELECT
    a.hold_id, a.kind, a.case_name, a.channel_key, a.messages, a.item_no,
    a.who, a.held_at, a.why, l.who AS lifted_by, l.happened_at AS lifted_at, l.why AS lifted_why
FROM (
    SELECT
        hold_id, any_value(kind) AS kind, any_value(case_name) AS case_name,
        string_agg(DISTINCT channel_key, ' ' ORDER BY channel_key) AS channel_key,
        list(message_id ORDER BY message_id) FILTER (message_id IS NOT NULL) AS messages,
        any_value(item_no) AS item_no, any_value(who) AS who, min(happened_at) AS held_at,
        any_value(why) AS why
    FROM base.holds WHERE act = 'add' GROUP BY hold_id
) a
LEFT JOIN (FROM base.holds WHERE act = 'lift') l USING (hold_id)
ORDER BY a.held_at, a.hold_id;
