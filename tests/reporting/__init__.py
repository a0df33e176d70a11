"""Reporting: what it hears becomes the same rows in every order, and shows each only what is theirs to see."""
