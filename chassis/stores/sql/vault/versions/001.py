"""People and their keys, the look-up index, the log of openings, forgetting and copies; see 001.sql."""

from chassis.stores.postgres_migrations import script

revision = "001"
down_revision = None
upgrade = script(__file__)
