-- A user's saved filters, by name. Grain: one row per filter. Units: none.
-- Read by: accounts/filters.py.
SELECT filter_id, name, query FROM filters WHERE user = :user ORDER BY name COLLATE NOCASE, filter_id;
