"""The registry: its data, its loader and its lint."""
