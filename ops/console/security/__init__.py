"""Who may do what, and what keeps others out: roles, tokens, headers, hosts, limits."""
