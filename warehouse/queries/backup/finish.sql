-- Write all of the copy into its file and let go of it. Read by: backup/copying.py.
CHECKPOINT the_copy;

DETACH the_copy;
