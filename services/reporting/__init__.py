"""Reporting hears every service, keeps each dossier's timeline and the province's table, and owns the pages."""
