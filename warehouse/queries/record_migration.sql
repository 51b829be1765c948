-- A migration is applied.
INSERT INTO schema_migrations VALUES ($version, $name, current_timestamp);
