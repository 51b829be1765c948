-- Everything of the warehouse into the attached file, as one transaction sees it. {catalog} is the name
-- that DuckDB gives to the warehouse's own file, quoted: a name cannot be bound.
-- Read by: backup/copying.py.
COPY FROM DATABASE {catalog} TO the_copy;
