"""The command line and what runs the product: thin shells over the flows."""
