-- What was derived from revisions that are removed.
DELETE FROM base.analyses WHERE revision_no IN (SELECT revision_no FROM doomed);
