"""A timer rings only as it was read; see 003.sql."""

from chassis.stores.postgres_migrations import script

revision = "003"
down_revision = "002"
upgrade = script(__file__)
