-- Attach the encrypted database at $path, for reading alone. Read by: opening.py.
ATTACH $path AS warehouse (ENCRYPTION_KEY $key, READ_ONLY);
