-- Mean the encrypted database where none is named. Read by: opening.py, store.py (every cursor).
USE warehouse;
