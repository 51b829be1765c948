-- The batches that one transaction loads, in their order, from the metadata of the inbox files
-- ($entries, a JSON list; see loading.py). The other scripts of the transaction read this.
CREATE OR REPLACE TEMP TABLE arriving AS
SELECT unnest(from_json($entries, '[{
    "place": "INTEGER", "kind": "VARCHAR", "batch_id": "VARCHAR",
    "run_id": "VARCHAR", "source_id": "VARCHAR", "reading": "VARCHAR", "sequence": "BIGINT",
    "source": {
        "path": "VARCHAR", "bytes": "BIGINT", "format": "VARCHAR", "compression": "VARCHAR",
        "model_version": "VARCHAR", "items_read": "BIGINT", "quarantined": "BIGINT",
        "complete": "BOOLEAN", "warnings": "VARCHAR", "unknown_fields": "MAP(VARCHAR, BIGINT)"
    }
}]'), max_depth := 2);
