"""Text in, scores with evidence out: language, hostility, solicitation, attack claims."""
