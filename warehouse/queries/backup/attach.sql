-- Attach a new file for the copy of a plain warehouse. Read by: backup/copying.py.
ATTACH $path AS the_copy;
