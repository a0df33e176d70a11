"""Contracts between the services, as files and as types."""
