-- From now on authors are named by the key with this fingerprint. Read by: loading.py.
INSERT INTO base.author_key VALUES ($fingerprint, current_timestamp);
