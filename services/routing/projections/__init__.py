"""What may be looked up about chains: one read model in each file."""
