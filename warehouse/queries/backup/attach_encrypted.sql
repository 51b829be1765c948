-- Attach a new file for the copy of a warehouse, encrypted. Read by: backup/copying.py.
ATTACH $path AS the_copy (ENCRYPTION_KEY $key);
