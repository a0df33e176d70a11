"""The log, what readers keep, timers, answers, snapshots; see 001.sql."""

from chassis.stores.postgres_migrations import script

revision = "001"
down_revision = None
upgrade = script(__file__)
