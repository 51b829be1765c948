"""Everything that one machine needs, in one tree of processes."""
