"""Brings a database to the form of this version: Alembic keeps the order, each step is an SQL file.

A folder of steps holds `NNN.sql`, and in `versions/` a few lines for Alembic beside each. Steps are added, never
changed. Any number of instances may start at once: one does it, the others wait and find it done.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psycopg

from chassis.stores.migrations import StoreTooNew
from chassis.stores.postgres_access import PostgresAccess

STEPS: Final = Path(__file__).parent / "sql" / "postgres"
LOCK: Final = (1162692948, 2)
"""Two keys of an advisory lock: ours, and the one for bringing up."""

NO_LIMITS: Final = "-c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
"""Who waits for another instance's steps waits as long as they take."""

FORM: Final = "SELECT version_num FROM alembic_version"


def numbers_in(steps: Path) -> list[str]:
    """Return the numbers of the forms that this version knows, in their order."""
    return sorted(file.stem for file in steps.glob("*.sql"))


def bring_up(access: PostgresAccess, steps: Path = STEPS) -> None:
    """Bring a database to the newest form; a step that does not come to its end leaves it as it was.

    Args:
        steps: the folder of its steps; every kind of store has its own.

    Raises:
        StoreTooNew: a later version wrote it; nothing was touched.
        psycopg.Error: the database is not there or refuses.
    """
    known = numbers_in(steps)
    with access.connect(NO_LIMITS, "bring up") as db:
        if _form(db, access.name, known) == known[-1]:
            return
        db.execute("SELECT pg_advisory_lock(%s::int, %s::int)", LOCK)  # goes with the connection
        if _form(db, access.name, known) != known[-1]:
            _run(db, steps)


def _form(db: psycopg.Connection[Any], name: str, known: list[str]) -> str:
    try:
        found = next((str(row[0]) for row in db.execute(FORM)), "")
    except psycopg.errors.UndefinedTable:
        return ""
    if found and found not in known:
        raise StoreTooNew(
            f"{name} was written by a later version of Liên Thông: its form is number {found}, "
            f"and this version knows the forms up to {known[-1]}"
        )
    return found


def _run(db: psycopg.Connection[Any], steps: Path) -> None:
    """Hand the steps to Alembic; it is loaded only where there is something to do."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", str(steps))
    config.set_main_option("path_separator", "newline")
    dsn = db.info.dsn
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(dsn, password=db.info.password, options=NO_LIMITS),
        poolclass=NullPool,
    )
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def script(step: str) -> Callable[[], None]:
    """Return what Alembic does in a step: the SQL file of the same number, word for word.

    Args:
        step: path of the step's file in `versions/`.
    """
    file = Path(step).parent.parent / f"{Path(step).stem}.sql"

    def upgrade() -> None:
        from alembic import op

        # Straight to the driver: what looks like a parameter in the body of a function is none.
        driver = op.get_bind().connection.driver_connection
        assert driver is not None, "Alembic was handed an open connection"
        driver.execute(file.read_bytes())

    return upgrade
