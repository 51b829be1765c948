-- Which revisions of `slice` keep an answer that the warehouse holds: leaves the temporary table
-- `kept`, with the version of the analysis to take, and whether it is one of the model's shadow.
-- From `speakers`: for whom each channel speaks now; `comparable`: versions that differ from
-- $version in thresholds alone; `ranges`: label × probabilities between which such a version may
-- answer differently. Only a re-scoring keeps answers: a candidate is to be seen by its own.
-- $purpose as in slice.sql.
-- Read by: warehouse/rescoring/slices.py.
CREATE OR REPLACE TEMP TABLE kept AS
WITH may AS (
    SELECT s.revision_no, s.former_version AS model_version
    FROM slice s
    JOIN speakers p ON p.channel_no = s.channel_no AND p.source_no = s.source_no
    WHERE $purpose = 'rescore' AND NOT s.stored
        AND s.former_version IN (SELECT model_version FROM comparable)
        AND s.former_actor IS NOT DISTINCT FROM p.actor
),
scored AS (
    SELECT revision_no, model_version, unnest(scores) AS score
    FROM base.analyses SEMI JOIN may USING (revision_no, model_version)
),
unsure AS (
    SELECT DISTINCT a.revision_no
    FROM scored a JOIN ranges x
        ON x.model_version = a.model_version AND x.label = a.score.label
        AND a.score.probability::DOUBLE BETWEEN x.low AND x.high
)
SELECT DISTINCT ON (revision_no) revision_no, model_version, shadow
FROM (
    SELECT revision_no, model_version, false AS shadow
    FROM may ANTI JOIN unsure USING (revision_no)
    UNION ALL
    SELECT revision_no, $version, false FROM slice WHERE stored AND $purpose = 'rescore'
    UNION ALL
    SELECT revision_no, $version, true
    FROM base.shadow_analyses SEMI JOIN slice USING (revision_no)
    WHERE model_version = $version AND $purpose = 'rescore'
)
ORDER BY revision_no, shadow;
