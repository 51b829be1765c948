"""The review queue of a warehouse: flags folded into items, found, decided, taken back.

Everything here works on an open :class:`warehouse.store.Store` and knows nothing of the web.
"""
