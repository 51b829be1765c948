"""Suite `console`: the review console under load."""
