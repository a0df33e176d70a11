"""The command line: what it prints, what it ends with, and what it finds."""
