-- Let go of a copy that failed. Read by: backup/copying.py.
DETACH DATABASE IF EXISTS the_copy;
