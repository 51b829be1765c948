"""Building blocks that the readers share: byte streams, the JSON splitter, values, rows."""
