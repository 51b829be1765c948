"""The review console: a web page on which moderators work through what was flagged."""
