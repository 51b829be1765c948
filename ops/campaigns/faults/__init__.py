"""The fault campaign: what is killed, full, cut off or lost, and whether anybody notices in the end."""
