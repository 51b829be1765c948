"""Revisions that a model is to score anew, taken out of a warehouse slice by slice."""
