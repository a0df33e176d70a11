"""`lienthong postgres restored`: tell a service's database that it was brought back from a backup.

A database cannot know it: the checkpoint of what was said is as old as the log beside it. Without a new generation the
service would give the numbers of what was lost to other facts, and readers would pass over them as repeats.
"""

import os
from datetime import UTC, datetime
from typing import Annotated

import psycopg
import typer
from psycopg.conninfo import make_conninfo

from chassis.clock import to_us
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import StoreUnavailable
from cli.cluster import DEFAULT_FOLDER, Folder, Place, Secrets
from cli.exits import EXIT_UNUSABLE
from cli.remote import console, errors
from services.topology import POSTGRES_PORT, SPEAKERS

Service = Annotated[str, typer.Argument(help="Whose database was brought back.", show_default=False)]
BackupOf = Annotated[datetime, typer.Option(help="When the backup was made (UTC).", formats=["%Y-%m-%dT%H:%M"])]


def restored(service: Service, backup_of: BackupOf, folder: Folder = DEFAULT_FOLDER, secrets: Secrets = None) -> None:
    """Begin a new generation of a service's log, after its database was restored and before any instance is started.

    What the service says from then on comes from a new source, `…/<service>/2`, with numbers that begin at 1.

    Exit code 0: begun; 2: there is no such service, or its database cannot be entered.
    """
    if service not in SPEAKERS:
        errors.print(f"{service} says nothing to others: {', '.join(SPEAKERS)} do.", markup=False)
        raise typer.Exit(EXIT_UNUSABLE)
    try:
        store = PostgresStore(_own_way_in(Place.found(folder, secrets), service))
        try:
            why = f"restored from the backup of {backup_of:%Y-%m-%dT%H:%M}Z"
            begun = store.begin_generation(to_us(datetime.now(UTC)), why)
        finally:
            store.close()
    except (psycopg.Error, StoreUnavailable, OSError, ValueError) as error:
        errors.print(str(error), markup=False)
        raise typer.Exit(EXIT_UNUSABLE) from error
    console.print(f"{service}: generation {begun.number} begins after position {begun.after}", highlight=False)


def _own_way_in(place: Place, service: str) -> PostgresAccess:
    """Return what the environment says, or else the native server's database as its own role."""
    port = os.environ.get("LIENTHONG_POSTGRES_PORT", POSTGRES_PORT)
    authority = place.folder / "tls/ca.pem"
    native = f"host=127.0.0.1 port={port} user={service} sslmode=verify-full sslrootcert={authority}"
    given = place.settings
    password = given.database_password or (place.secrets / f"{service}.password").read_text(encoding="utf-8").strip()
    return PostgresAccess(make_conninfo(given.database or native, dbname=service), password)
