-- Where revisions that are removed were seen.
DELETE FROM base.sightings WHERE revision_no IN (SELECT revision_no FROM doomed);
