"""Makes the databases of an installation and the roles that may enter them; asked again, it mends what differs.

Each database belongs to the role of the same name, which alone may enter it; an auditor's role reads all of them and
changes none. Passwords reach the server only as what SCRAM keeps of them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from chassis.stores.postgres_access import LAW_OF_ROLES, PostgresAccess

READ_EVERYTHING: Final = "pg_read_all_data"


def apply(admin: PostgresAccess, passwords: Mapping[str, str], auditor: str = "") -> list[str]:
    """Make databases and roles as they have to be, and return what was changed, a line each.

    Args:
        admin: the way in as the server's administrator.
        passwords: role → password; each has a database of its name, but for the auditor.
        auditor: the role that may read all of them, "" for none.

    Raises:
        psycopg.Error: the server cannot be reached, or this is not its administrator.
    """
    done: list[str] = []
    with admin.connect("", "administration") as db:
        for role, password in passwords.items():
            _make_role(db, role, password, done)
        databases = [role for role in passwords if role != auditor]
        for database in databases:
            _make_database(db, database, auditor, done)
        if auditor:
            db.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(READ_EVERYTHING), sql.Identifier(auditor)))
    for database in databases:
        with PostgresAccess(make_conninfo(admin.conninfo, dbname=database), admin.password).connect("") as db:
            db.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            db.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(database)))
    return done


def _make_role(db: psycopg.Connection[Any], role: str, password: str, done: list[str]) -> None:
    name = sql.Identifier(role)
    if db.execute("SELECT 1 FROM pg_roles WHERE rolname=%s", (role,)).fetchone() is None:
        db.execute(sql.SQL("CREATE ROLE {}").format(name))
        done.append(f"role {role}: made")
    # What SCRAM keeps is salted anew each time, so it cannot be compared: it is set each time.
    kept = db.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    db.execute(
        sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD {}").format(
            name, sql.Literal(kept)
        )
    )
    for setting, value in LAW_OF_ROLES.items():
        db.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.Identifier(setting), sql.Literal(value)))


def _make_database(db: psycopg.Connection[Any], name: str, auditor: str, done: list[str]) -> None:
    database, owner = sql.Identifier(name), sql.Identifier(name)
    if db.execute("SELECT 1 FROM pg_database WHERE datname=%s", (name,)).fetchone() is None:
        db.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(database, owner))
        done.append(f"database {name}: made")
    db.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, owner))
    db.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    if auditor:
        db.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(auditor)))


def differences(admin: PostgresAccess, roles: Iterable[str], auditor: str = "") -> list[str]:
    """Return how the server differs from what has to be, a line each; passwords are not looked at."""
    found: list[str] = []
    with admin.connect("", "administration") as db:
        kept = {name: settings or [] for name, settings in db.execute("SELECT rolname, rolconfig FROM pg_roles")}
        owners = dict(db.execute("SELECT datname, pg_get_userbyid(datdba) FROM pg_database").fetchall())
        for role in roles:
            if role not in kept:
                found.append(f"role {role} is missing")
                continue
            wanted = {f"{setting}={value}" for setting, value in LAW_OF_ROLES.items()}
            found += [f"role {role}: {setting} is not set" for setting in sorted(wanted - set(kept[role]))]
            if role == auditor:
                continue
            if owners.get(role) != role:
                found.append(f"database {role} is missing, or not the role's own")
            elif _anybody_may_enter(db, role):
                found.append(f"database {role}: anybody may enter it")
        databases = [role for role in roles if role != auditor and role in owners]
        for one in databases:
            for other in (role for role in databases if role != one and role in kept):
                if _may_enter(db, other, one):
                    found.append(f"database {one}: {other} may enter it")
    return found


def _anybody_may_enter(db: psycopg.Connection[Any], database: str) -> bool:
    ask = (
        "SELECT 1 FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) AS a "
        "WHERE datname=%s AND a.grantee=0 AND a.privilege_type='CONNECT'"
    )
    return db.execute(ask, (database,)).fetchone() is not None


def _may_enter(db: psycopg.Connection[Any], role: str, database: str) -> bool:
    ((may,),) = db.execute("SELECT has_database_privilege(%s, %s, 'CONNECT')", (role, database)).fetchall()
    return bool(may)
