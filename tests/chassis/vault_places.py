"""Where the tests of the distributed vault keep it: a database of its own on the run's PostgreSQL, and its process."""

import base64
import secrets
from pathlib import Path
from typing import Final

from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.postgres_migrations import bring_up
from chassis.vault_keys import Master, from_base64
from chassis.vault_postgres import PostgresVault
from chassis.vault_postgres_tables import STEPS
from tests.chassis.inner_process import InnerProcess
from tests.postgres_server import PostgresServer

EVERYTHING: Final = ":seal,open,search,forget"
FULL: Final = ("people", "lookup", "also_known", "openings", "leaving", "forgotten", "copies", "pending")


def fresh(server: PostgresServer) -> PostgresAccess:
    """Make a database with the vault's tables in it."""
    return server.fresh(server.template("vault_template", lambda access: bring_up(access, STEPS)))


def empty(access: PostgresAccess) -> None:
    """Forget all that a test did to a vault that several use: quicker than a database for each."""
    with access.connect("") as db:
        db.execute(f"TRUNCATE {', '.join(FULL)}".encode())


def new_key() -> str:
    """Return a master key as an operator gives it."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def opened(access: PostgresAccess, *keys: str) -> PostgresVault:
    """Open the vault in a database with master keys in base64."""
    return PostgresVault(access, [Master(from_base64(key)) for key in keys])


def process(access: PostgresAccess, key: str, folder: Path, **more: str) -> InnerProcess:
    """Return the vault's process over a database, not started yet; its tokens are those of `all` and `few`."""
    folder.mkdir(exist_ok=True)
    (folder / "vault.key").write_text(key + "\n")
    (folder / "password").write_text(access.password)
    settings = {"DATABASE": access.conninfo, "DATABASE_PASSWORD_FILE": str(folder / "password"), **more}
    settings["VAULT_KEY_FILE"] = str(folder / "vault.key")
    callers = {"all": EVERYTHING, "few": "", "reader": ":search", "auditor": ":audit"}
    return InnerProcess("chassis.vault_server", folder, settings, "VAULT_TOKENS", callers)


def in_database(access: PostgresAccess, sql: str) -> list[tuple[object, ...]]:
    """Say something to a database behind the vault's back, as its administrator."""
    with access.connect("") as db:
        cursor = db.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []
