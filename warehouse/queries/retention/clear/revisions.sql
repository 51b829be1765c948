-- The revisions of messages that are removed.
DELETE FROM base.revisions WHERE revision_no IN (SELECT revision_no FROM doomed);
