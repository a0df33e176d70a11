"""The shape of the house itself: its rooms, and that it is tidy."""
