-- Work out anew every item in `refold` from its members and their flags; one without members goes.
-- Its question (`signature`), its place in time (`since`) and the reviews that it wants stay as they
-- were: a member whose flags are others by now, and that waits to be folded, does not change them.
-- Units: half_life in days; the priority of an item is that of its most urgent flag, as a natural
--   logarithm: ln(weight × probability × severity weight) + reach × ln(1 + views) + age. The last term
--   grows with the time of the message, so that the order of two items never changes by waiting.
-- Read by: review/folding.py.
CREATE OR REPLACE TEMP TABLE former AS
SELECT item_no, fingerprint, signature, since, wanted, state, done_by, decided_at
FROM base.items SEMI JOIN refold USING (item_no);

DELETE FROM base.items WHERE item_no IN (SELECT item_no FROM refold);

INSERT INTO base.items
WITH members AS (
    SELECT
        m.item_no, m.revision_no, m.channel_no, m.content_id,
        greatest(coalesce(r.views, 0), 0) AS views, r.fingerprint, b.loaded_at,
        least(coalesce(r.sent_at, b.loaded_at), b.loaded_at) AS happened_at
    FROM base.item_members m SEMI JOIN refold USING (item_no) SEMI JOIN base.flags USING (revision_no)
    JOIN base.revisions r USING (revision_no)
    JOIN base.batches b USING (batch_no)
),
folded AS (
    SELECT
        item_no, min(revision_no) AS revision_no, count(*) AS copies,
        least(sum(views), 9223372036854775807)::BIGINT AS reach,
        list(DISTINCT channel_no ORDER BY channel_no) AS channels,
        min(happened_at) AS first_sent_at, max(happened_at) AS last_sent_at,
        min_by(loaded_at, revision_no) AS loaded_at,
        min_by(coalesce(fingerprint, hash(content_id::VARCHAR)), revision_no) AS fingerprint,
        min_by(md5_number_lower(content_id::VARCHAR), revision_no) % 10000 / 10000 AS lot
    FROM members GROUP BY item_no
),
weighed AS (
    SELECT
        m.item_no, f.*,
        ln(
            coalesce(map_extract_value(rules.label_weights, f.label), 1)
            * greatest(coalesce(f.probability, 0.01), 0.01)
            * coalesce(map_extract_value(rules.severity_weights, f.severity::INTEGER), 1)
            * CASE f.status WHEN 'review' THEN rules.review_weight ELSE 1 END
        ) AS urgency
    FROM base.flags f JOIN members m USING (revision_no), rules
),
flags AS (
    SELECT
        item_no,
        string_agg(DISTINCT base.flag_key(label, source, target), ' '
            ORDER BY base.flag_key(label, source, target)) AS signature,
        list(DISTINCT label ORDER BY label) AS labels,
        coalesce(list(DISTINCT coalesce(source, 'unknown') ORDER BY coalesce(source, 'unknown'))
            FILTER (target IS NOT NULL), []) AS sources,
        coalesce(list(DISTINCT target ORDER BY target) FILTER (target IS NOT NULL), []) AS targets,
        coalesce(list_sort(list_distinct(flatten(list(frames)))), []) AS frames,
        coalesce(list_sort(list_distinct(flatten(list(routes)))), []) AS routes,
        max(coalesce(severity, 0)) AS severity, max(coalesce(probability, 0)) AS probability,
        max(urgency) AS urgency
    FROM weighed GROUP BY item_no
),
shown AS (
    SELECT f.revision_no, any_value(channel_no) AS channel_no, any_value(language) AS language,
        any_value(text) AS text
    FROM base.flags f SEMI JOIN folded USING (revision_no) GROUP BY f.revision_no
)
SELECT
    m.item_no, m.revision_no, s.channel_no, s.language,
    coalesce(former.fingerprint, m.fingerprint), coalesce(former.signature, f.signature),
    f.labels, f.sources, f.targets, f.frames, f.routes, m.channels, m.copies,
    f.severity, f.probability, m.reach, m.first_sent_at, m.last_sent_at,
    f.urgency + rules.reach_exponent * ln(1 + m.reach::DOUBLE)
        + ln(2) * epoch(m.last_sent_at) / 86400 / rules.half_life,
    base.searched(s.text),
    coalesce(former.wanted, CASE
        WHEN m.lot < rules.double_share
            OR list_has_any(f.labels, rules.double_labels)
            OR f.severity >= rules.double_severity
        THEN 2 ELSE 1
    END),
    coalesce(former.since, m.loaded_at), coalesce(former.state, 'waiting'),
    coalesce(former.done_by, []), former.decided_at, 0
FROM folded m
JOIN flags f USING (item_no)
JOIN shown s USING (revision_no)
LEFT JOIN former USING (item_no), rules;
