-- What candidate models said of revisions that are removed.
DELETE FROM base.shadow_analyses WHERE revision_no IN (SELECT revision_no FROM doomed);
