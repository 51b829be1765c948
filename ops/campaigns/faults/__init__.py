"""The fault campaign: what is killed, full, cut off or lost, and whether anything is in the end."""
