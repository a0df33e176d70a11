"""The distributed form against real brokers: administration, security, and whoever else reads the topic."""
