-- How much there is, in one row.
SELECT
    (SELECT count(*) FROM base.sources) AS sources,
    (SELECT count(*) FROM base.channels) AS channels,
    (SELECT count(*) FROM base.revisions) AS revisions,
    (SELECT count(*) FROM base.revisions)
        - (SELECT count(*) FROM base.standings WHERE state = 'superseded') AS messages,
    (SELECT count(*) FROM base.standings WHERE state = 'deleted') AS deleted,
    (SELECT count(*) FROM flagged WHERE status = 'flagged') AS flagged,
    (SELECT count(*) FROM flagged WHERE status = 'review') AS review,
    (SELECT count(*) FROM base.indicators) AS indicators,
    (SELECT count(*) FROM base.quarantine) AS quarantined;
