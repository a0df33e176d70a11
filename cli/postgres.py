"""`lienthong postgres`: the databases and roles of an installation, as services/topology.py names them."""

import json
import os
from typing import NoReturn

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from chassis.stores import postgres_roles
from chassis.stores.postgres_access import PostgresAccess, meaning_of
from chassis.vault_postgres_forgetting import is_permitted, permit
from cli.cluster import DEFAULT_FOLDER, Folder, Place, Secrets
from cli.exits import EXIT_NO, EXIT_UNUSABLE
from cli.remote import AsJson, console, errors
from cli.restored import restored
from services.topology import AUDITOR, DATABASES, POSTGRES_PORT

app = typer.Typer(help="The databases that the services keep.", no_args_is_help=True)
app.command("restored")(restored)

ADMIN = "postgres"
"""The administrator of the server; no process of the product enters as it."""

VAULT = "vault"
ROLES = (*DATABASES, AUDITOR)


@app.command()
def diff(folder: Folder = DEFAULT_FOLDER, secrets: Secrets = None, as_json: AsJson = False) -> None:
    """Name what of the server is not as services/topology.py declares it; passwords cannot be compared.

    Exit code 0: nothing; 1: something; 2: the server cannot be reached or does not let the administrator in.
    """
    try:
        admin = _admin(Place.found(folder, secrets))
        found = postgres_roles.differences(admin, ROLES, AUDITOR)
        if not any(VAULT in line for line in found) and not is_permitted(_into_vault(admin), VAULT):
            found.append(f"role {VAULT} may not rid the server's log of those who were forgotten")
    except (psycopg.Error, OSError, ValueError) as error:
        _give_up(meaning_of(error))
    _tell(found, "Databases and roles are as they have to be.", as_json)
    raise typer.Exit(EXIT_NO if found else 0)


@app.command()
def apply(folder: Folder = DEFAULT_FOLDER, secrets: Secrets = None, as_json: AsJson = False) -> None:
    """Make databases and roles what services/topology.py declares, each role with the password of the secrets folder.

    Each service's role enters its own database and no other; the auditor's reads all of them; the vault's may have the
    server remove old files of its log, where those who were forgotten still stand. Nothing is ever dropped.

    Exit code 0: all is there; 2: the server cannot be reached, or a password is missing.
    """
    try:
        place = Place.found(folder, secrets)
        passwords = place.passwords(ROLES)
        if missing := [role for role in ROLES if role not in passwords]:
            _give_up(f"There is no password of {', '.join(missing)} in {place.secrets}.")
        admin = _admin(place)
        done = postgres_roles.apply(admin, passwords, AUDITOR)
        if not is_permitted(_into_vault(admin), VAULT):
            permit(_into_vault(admin), VAULT)
            done.append(f"role {VAULT}: may rid the server's log of those who were forgotten")
    except (psycopg.Error, OSError, ValueError) as error:
        _give_up(meaning_of(error))
    _tell(done, "Nothing had to be made; passwords and settings are set.", as_json)


def _admin(place: Place) -> PostgresAccess:
    """Return the administrator's way in: what the environment says, or else the native server's over TLS."""
    given = place.settings.database
    if given:
        user = conninfo_to_dict(given).get("user", ADMIN)
        return PostgresAccess(given, place.settings.database_password or _secret(place, str(user)))
    port = os.environ.get("LIENTHONG_POSTGRES_PORT", POSTGRES_PORT)
    authority = place.folder / "tls/ca.pem"
    tls = f"sslmode=verify-full sslrootcert={authority}" if authority.exists() else "sslmode=prefer"
    return PostgresAccess(f"host=127.0.0.1 port={port} dbname=postgres user={ADMIN} {tls}", _secret(place, ADMIN))


def _into_vault(admin: PostgresAccess) -> PostgresAccess:
    return PostgresAccess(make_conninfo(admin.conninfo, dbname=VAULT), admin.password)


def _secret(place: Place, who: str) -> str:
    return (place.secrets / f"{who}.password").read_text().strip()


def _tell(lines: list[str], nothing: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(lines))
    else:
        for line in lines or [nothing]:
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _give_up(why: str) -> NoReturn:
    errors.print(why, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(EXIT_UNUSABLE)
