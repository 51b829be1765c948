"""What is done once for each release."""
