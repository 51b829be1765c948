-- rival_claims: two actors claim what seems to be one attack.
-- Grain: one row per pair of actors × day of the earlier claim. The claimant is the actor that the
--   channel speaks for; channels without one, and forwards, claim nothing here.
-- Units: claims sent from $since on. They belong together within $days where they share at least
--   $shared rare words (of four letters and more, in at most one in twenty of these claims or two of
--   them, as names of places are), or one fewer and a number of two digits and more, or where their
--   fingerprints differ in at most $near of 64 bits; measure is the most words shared.
-- $days: number from 0.1 to 30, 3. So far apart may the claims be.
-- $shared: integer from 1, 3. So many rare words must they share.
-- $near: integer from 0 to 16, 6. So many bits may near-equal claims differ in.
-- $probability: number from 0 to 1, 0. Claims that are less probable do not count.
-- Says: {actors} claim what seems to be one attack, from {day} on: {words_shared} rare words and {numbers_shared} numbers in common.
-- Read by: warehouse/alerting/evaluating.py.
WITH wanted AS (
    SELECT channel_no FROM base.channels
    WHERE len($channels::VARCHAR[]) = 0 OR list_contains($channels::VARCHAR[], channel_key)
),
flagged AS (
    SELECT
        revision_no, channel_no, message_id, sent_at, language, channel_actor AS actor,
        base.searched(text) AS words
    FROM base.alertable SEMI JOIN wanted USING (channel_no)
    WHERE label = 'claims_attack' AND channel_actor IS NOT NULL
        AND probability >= $probability::FLOAT
        AND sent_at >= $since::TIMESTAMPTZ AND sent_at < $now::TIMESTAMPTZ
    ORDER BY sent_at DESC, revision_no
    LIMIT 5000
),
claims AS (
    SELECT f.*, r.fingerprint FROM flagged f JOIN base.revisions r USING (revision_no)
    WHERE r.forwarded_from_id IS NULL AND r.forwarded_from_name IS NULL
),
words AS (
    SELECT DISTINCT
        revision_no, actor, sent_at,
        translate(word, '۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩', '01234567890123456789') AS word
    FROM (
        SELECT
            revision_no, actor, sent_at,
            unnest(regexp_extract_all(words, '[\p{L}\p{N}]+')[:400]) AS word
        FROM claims
    )
    WHERE length(word) >= 4 OR regexp_full_match(word, '\p{N}{2,3}')
),
rare AS (
    SELECT word, regexp_full_match(word, '\d+') AS number FROM words GROUP BY word
    HAVING count(*) BETWEEN 2 AND greatest(
        4, (SELECT count(*) FROM claims) / 20
    )
),
alike AS (
    SELECT
        a.revision_no AS one, b.revision_no AS two,
        count(*) FILTER (NOT r.number) AS words, count(*) FILTER (r.number) AS numbers
    FROM words a
    JOIN words b ON b.word = a.word AND a.actor <> b.actor
        AND (a.sent_at, a.revision_no) < (b.sent_at, b.revision_no)
        AND b.sent_at <= a.sent_at + to_microseconds((86400000000 * $days::DOUBLE)::BIGINT)
    JOIN rare r ON r.word = a.word
    GROUP BY ALL
    HAVING count(*) FILTER (NOT r.number) >= $shared::INTEGER
        OR (
            count(*) FILTER (NOT r.number) >= $shared::INTEGER - 1
            AND count(*) FILTER (r.number) > 0 AND count(*) FILTER (NOT r.number) > 0
        )
    UNION ALL
    SELECT a.revision_no, b.revision_no, 0, 0
    FROM claims a JOIN claims b ON a.actor <> b.actor
        AND (a.sent_at, a.revision_no) < (b.sent_at, b.revision_no)
        AND b.sent_at <= a.sent_at + to_microseconds((86400000000 * $days::DOUBLE)::BIGINT)
        AND bit_count(xor(a.fingerprint, b.fingerprint)) <= $near::INTEGER
),
rivals AS (
    SELECT
        least(a.actor, b.actor) AS first_actor, greatest(a.actor, b.actor) AS second_actor,
        -- The earliest claim that a later one rivals stands for the attack.
        min(a.sent_at) AS earlier_at, b.revision_no, any_value(b.sent_at) AS later_at,
        max(l.words) AS words, max(l.numbers) AS numbers, bool_or(l.words = 0) AS near,
        list(a.revision_no) AS earlier
    FROM alike l
    JOIN claims a ON a.revision_no = l.one
    JOIN claims b ON b.revision_no = l.two
    GROUP BY first_actor, second_actor, b.revision_no
)
SELECT
    first_actor || '|' || second_actor || '|' || earlier_at::DATE AS key,
    len(list_distinct(list_concat(flatten(list(earlier)), list(revision_no))))::BIGINT AS count,
    greatest(max(words), 1)::DOUBLE AS measure,
    {'actors': [first_actor, second_actor], 'day': earlier_at::DATE::VARCHAR} AS subject,
    {
        'label': 'claims_attack', 'from': earlier_at::DATE::VARCHAR,
        'to': max(later_at)::DATE::VARCHAR
    } AS filters,
    {
        'words_shared': max(words), 'numbers_shared': max(numbers), 'near_equal': bool_or(near),
        'first_sent_at': min(earlier_at)::VARCHAR, 'last_sent_at': max(later_at)::VARCHAR
    } AS evidence
FROM rivals
GROUP BY first_actor, second_actor, earlier_at::DATE
ORDER BY max(later_at) DESC, key
LIMIT $most;
