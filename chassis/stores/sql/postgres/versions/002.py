"""Sealed leaves and signed heads; see 002.sql."""

from chassis.stores.postgres_migrations import script

revision = "002"
down_revision = "001"
upgrade = script(__file__)
