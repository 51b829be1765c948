-- What is derived of the flags of some items, to be derived anew. Read by: review/settling.py.
DELETE FROM base.item_flags WHERE item_no IN (SELECT unnest($items::BIGINT[]));
