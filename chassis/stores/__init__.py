"""Where events and everything that is written with them are kept."""
