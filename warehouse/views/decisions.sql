-- decisions: what moderators decided; append-only.
-- Grain: one row per decision and message. One that replaces another names it in `supersedes`; one
--   that holds for a near-copy of the message that was shown names that decision in `copy_of`;
--   act_id is shared by all that one act of a moderator brought.
-- replaces: all decisions that it replaces. What somebody says replaces what they said of the flag
--   before; an adjudication (confirm, reject or change) replaces whatever stood on that flag of that
--   message when it was made, golden answers aside: so both of two who disagreed. What was said
--   before an earlier adjudication that stands is replaced by that one. Empty where there is none;
--   of an undo, which takes back and does not replace, too.
-- Units: times UTC; spans half-open in code points of the raw text of that revision, which
--   offset_unit says beside them, for whoever reads an export alone; seconds from
--   showing to deciding. purpose is review, second, adjudication, golden (a known answer mixed in),
--   bulk or copy.
-- Read by: the console, agreement reports, training on reviewed labels, exports.
CREATE OR REPLACE VIEW decisions AS
WITH undone AS ( -- when; an undo that was undone takes nothing back
    SELECT supersedes AS decision_id, min(decided_at) AS at
    FROM base.decisions
    WHERE judgement = 'undo' AND supersedes IS NOT NULL
        AND decision_id NOT IN (
            SELECT supersedes FROM base.decisions
            WHERE judgement = 'undo' AND supersedes IS NOT NULL
        )
    GROUP BY ALL
),
settling AS (
    SELECT * FROM base.decisions
    WHERE purpose = 'adjudication' AND judgement IN ('confirm', 'reject', 'change')
        AND copy_of IS NULL
),
former AS ( -- what was said, by itself or as a copy, of the same flag of the same message before
    SELECT
        a.decision_id AS later, a.decided_at AS later_at, d.decision_id, d.decided_at, d.supersedes,
        d.purpose = 'adjudication' AND d.judgement IN ('confirm', 'reject', 'change') AS settles
    FROM settling a
    JOIN base.decisions h
        ON h.channel_key = a.channel_key AND h.message_id = a.message_id
        AND h.content_id = a.content_id AND h.label = a.label
        AND h.source IS NOT DISTINCT FROM a.source AND h.target IS NOT DISTINCT FROM a.target
        AND h.decided_at < a.decided_at
    JOIN base.decisions d ON d.decision_id = coalesce(h.copy_of, h.decision_id)
    LEFT JOIN undone u ON u.decision_id = d.decision_id
    WHERE d.judgement <> 'undo' AND d.purpose IS DISTINCT FROM 'golden'
        AND (u.at IS NULL OR u.at > a.decided_at)
),
stood AS (
    SELECT f.later, f.decision_id
    FROM former f
    LEFT JOIN (
        SELECT later, max(decided_at) AS at FROM former WHERE settles GROUP BY ALL
    ) s USING (later)
    WHERE (s.at IS NULL OR f.decided_at >= s.at)
        AND (f.later, f.decision_id) NOT IN (
            SELECT (later, supersedes) FROM former WHERE supersedes IS NOT NULL
        )
),
replacing AS (
    SELECT later AS decision_id, list_sort(list_distinct(list(former_id))) AS replaces
    FROM (
        SELECT later, decision_id AS former_id FROM stood
        UNION ALL
        SELECT decision_id, supersedes FROM base.decisions
        WHERE supersedes IS NOT NULL AND judgement <> 'undo'
    )
    GROUP BY ALL
)
SELECT
    d.decision_id, channel_key, message_id, content_id, label, source, target,
    judgement, changed_label, changed_source, changed_target, changed_severity, spans,
    reviewer, decided_at, reason, note, supersedes, model_version,
    act_id, purpose, copy_of, language, seconds, 'code points' AS offset_unit,
    coalesce(r.replaces, []) AS replaces
FROM base.decisions d LEFT JOIN replacing r ON r.decision_id = d.decision_id;
