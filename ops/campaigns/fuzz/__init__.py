"""The fuzz campaign: mutated inputs for every reader and for `score`, none of which may matter."""
