-- One of a user's own filters is forgotten. Grain: one row. Units: none.
-- Run by: accounts/filters.py.
DELETE FROM filters WHERE user = :user AND filter_id = :filter_id;
