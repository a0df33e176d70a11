"""Where a cluster is: what the environment says (`LIENTHONG_KAFKA`, …), or else the folder of a native one."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import typer
from psycopg.conninfo import make_conninfo

from chassis.bus.kafka_access import KafkaAccess
from chassis.file_remote import RemoteFiles
from chassis.seals_postgres import PostgresSeals
from chassis.settings import Settings
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.postgres_readonly import ReadOnlyStore
from chassis.vault_remote import RemoteVault
from services.topology import POSTGRES_PORT, PROCESSES

DEFAULT_FOLDER = Path("data/cluster")

Folder = Annotated[
    Path,
    typer.Option("--cluster", envvar="LIENTHONG_CLUSTER", help="Folder of a native cluster; LIENTHONG_KAFKA wins."),
]
Secrets = Annotated[
    Path | None, typer.Option(help="Folder of <name>.password files; secrets/ of the cluster's folder unless told.")
]


class NoSuchCluster(LookupError):
    """Nothing says where the brokers are."""


@dataclass(frozen=True, slots=True)
class Place:
    """A cluster, and the secrets by which its parts are entered.

    Args:
        folder: of a native cluster; beside the environment it only says where secrets and certificates may be.
    """

    folder: Path
    secrets: Path
    settings: Settings

    @classmethod
    def found(cls, folder: Path, secrets: Path | None) -> Self:
        """Take what the environment says, and the folders.

        Raises:
            OSError, ValueError: a setting cannot be read.
        """
        return cls(folder, secrets or folder / "secrets", Settings.from_environment())

    def kafka(self, user: str) -> KafkaAccess:
        """Return the way to Kafka, as `user` unless the environment names somebody.

        Raises:
            NoSuchCluster: neither the environment nor the folder says where it is.
            OSError: the password's file cannot be read.
        """
        set_up = self.settings
        who = set_up.kafka_user or user
        password = set_up.kafka_password or self._secret(who)
        return KafkaAccess(set_up.kafka or self._native(), who, password, set_up.kafka_ca or self._authority())

    def passwords(self, users: Iterable[str]) -> dict[str, str]:
        """Return the passwords that are there of these users."""
        return {user: self._secret(user) for user in users if (self.secrets / f"{user}.password").exists()}

    def log(self, service: str, user: str, any_form: bool = False) -> ReadOnlyStore:
        """Open the database of a service to look into it, as `user` unless the environment names somebody.

        Args:
            any_form: its read models may be another version's.

        Raises:
            psycopg.Error: it cannot be entered.
            OSError: the password's file cannot be read.
        """
        return ReadOnlyStore(self._database(service, user), any_form)

    def seals(self, service: str, user: str) -> PostgresSeals:
        """Return the seals of a service's log, to look at.

        Raises:
            OSError: the password's file cannot be read.
        """
        return PostgresSeals(self._database(service, user))

    def store(self, service: str) -> PostgresStore:
        """Open the database of a service to write to it, as the service.

        Raises:
            StoreUnavailable: it cannot be entered.
            OSError: the password's file cannot be read.
        """
        return PostgresStore(self._database(service, service))

    def _database(self, service: str, user: str) -> PostgresAccess:
        given = self.settings.database or (
            f"host=127.0.0.1 port={os.environ.get('LIENTHONG_POSTGRES_PORT', POSTGRES_PORT)} user={user} "
            f"sslmode=verify-full sslrootcert={self._authority()}"
        )
        password = self.settings.database_password or self._secret(user)
        return PostgresAccess(make_conninfo(given, dbname=service), password)

    def vault(self, user: str) -> RemoteVault:
        """Return the way to the vault, as `user` unless the environment has a token."""
        set_up = self.settings
        url = set_up.vault_url or f"https://127.0.0.1:{_port('vault')}"
        return RemoteVault(url, set_up.vault_token or self._token(user, "vault"), set_up.vault_ca or self._authority())

    def files(self, user: str) -> RemoteFiles:
        """Return the way to the file store, as `user` unless the environment has a token."""
        set_up = self.settings
        url = set_up.files_url or f"https://127.0.0.1:{_port('files')}"
        return RemoteFiles(url, set_up.files_token or self._token(user, "files"), set_up.files_ca or self._authority())

    def _token(self, name: str, of: str) -> str:
        return (self.secrets / f"{name}.{of}-token").read_text(encoding="utf-8").strip()

    def _secret(self, name: str) -> str:
        return (self.secrets / f"{name}.password").read_text(encoding="utf-8").strip()

    def _authority(self) -> str:
        return str(self.folder / "tls/ca.pem")

    def _native(self) -> str:
        """Return where the brokers of a native cluster answer: `kafka.sh` keeps their number and first port."""
        made = self.folder / "kafka/cluster"
        if not made.exists():
            raise NoSuchCluster(f"Set LIENTHONG_KAFKA, or start a native cluster: {made} is not there.")
        words = dict(word.split("=", 1) for word in made.read_text().split())
        return ",".join(f"127.0.0.1:{int(words['PORT']) + node}" for node in range(int(words["NODES"])))


def _port(name: str) -> str:
    """Return where a process of the native cluster answers."""
    (own,) = (process.port for process in PROCESSES if process.name == name)
    return os.environ.get(f"LIENTHONG_{name.upper()}_PORT", str(own))
