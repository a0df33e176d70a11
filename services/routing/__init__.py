"""Routing: the chain of agencies behind one dossier; who is to act, since when, and until when."""
