-- Attach the encrypted database at $path, for writing. Read by: opening.py.
ATTACH $path AS warehouse (ENCRYPTION_KEY $key);
