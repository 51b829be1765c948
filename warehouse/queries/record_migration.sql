INSERT INTO schema_migrations VALUES ($version, $name, current_timestamp);
