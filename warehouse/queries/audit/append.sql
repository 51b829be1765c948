-- Entries at the end of the chain, from $entries (a JSON list). Read by: audit.py.
INSERT INTO base.audit
SELECT entry_no, make_timestamptz(happened), who, what, about, hash
FROM (SELECT unnest(from_json($entries, '[{
    "entry_no": "BIGINT", "happened": "BIGINT", "who": "VARCHAR", "what": "VARCHAR",
    "about": "VARCHAR", "hash": "VARCHAR"
}]'), max_depth := 2))
ORDER BY entry_no;
