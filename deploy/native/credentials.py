"""Makes what a cluster needs before it first starts: certificates, and a password, token or key for everybody.

    .venv/bin/python deploy/native/credentials.py <cluster folder> [--host NAME]…

What is there stays as it is, so it may be called again; a file that is deleted is made anew. All are for their owner
alone (0600), and nothing of them is printed. `secrets/` then holds:

    <who>.password           of each role of PostgreSQL and principal of Kafka, of both administrators, of Grafana
    <process>.vault-token    what a process shows the vault, and <process>.files-token the file store
    vault.tokens             who may ask the vault for what, as chassis/inner_credentials.py says, and files.tokens
    vault.key                the vault's master key: without it nothing personal can be read again
    internal.token           what the front and the services know each other by
    issuer.key, session.key, answers.key   what all instances sign and check with
    heads.json               what the services sign the heads of their logs with
"""

import argparse
import os
import secrets
import sys
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.append(str(Path(__file__).parent.parent.parent))

import tls

from chassis.file_words import DISCARD, READ, WRITE
from chassis.files import SECRET_BYTES
from chassis.inner_credentials import lines_of
from chassis.sealing_keys import SealingKeys
from chassis.vault_words import AUDIT, FORGET, OPEN, SEAL, SEARCH
from services.topology import ADMIN, AUDITOR, DATABASES, PRINCIPALS

ASKS_VAULT: Final = {
    "intake": (SEAL, OPEN),
    "routing": (SEAL, OPEN),
    "payments": (SEAL, OPEN, SEARCH),
    "postal": (SEAL, OPEN),
    "reporting": (SEAL, OPEN, SEARCH),
    "front": (SEAL, OPEN, SEARCH, FORGET),
    AUDITOR: (AUDIT,),
}
"""Who asks the vault, and for what: payments look for the gateway's person, reporting for whose data was opened."""

ASKS_FILES: Final = {
    **dict.fromkeys(("intake", "routing", "payments", "postal", "reporting"), (READ, WRITE, DISCARD)),
    AUDITOR: (READ,),
}
"""Who asks the file store, and for what: an auditor only looks."""

SHARED_KEYS: Final = ("issuer.key", "session.key", "answers.key")
POSTGRES_ADMIN: Final = "postgres"
GRAFANA: Final = "grafana"
PASSWORD_BYTES: Final = 24
KEY_BYTES: Final = 32


def passwords() -> tuple[str, ...]:
    """Name everybody who has a password, each once: a service has one for both servers."""
    principals = (principal.name for principal in PRINCIPALS)
    return tuple(dict.fromkeys((ADMIN, POSTGRES_ADMIN, GRAFANA, AUDITOR, *DATABASES, *principals)))


def make(cluster: Path) -> None:
    """Make what is missing in the folder `secrets` of a cluster."""
    folder = cluster / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for who in passwords():
        _kept(folder / f"{who}.password", _token)
    vault = {who: _kept(folder / f"{who}.vault-token", _token) for who in ASKS_VAULT}
    _write(folder / "vault.tokens", lines_of(vault, ASKS_VAULT))
    files = {who: _kept(folder / f"{who}.files-token", _token) for who in ASKS_FILES}
    _write(folder / "files.tokens", lines_of(files, ASKS_FILES))
    _kept(folder / "internal.token", _token)
    _kept(folder / "vault.key", lambda: b64encode(secrets.token_bytes(KEY_BYTES)).decode())
    for name in SHARED_KEYS:
        if not (folder / name).exists():
            _write(folder / name, secrets.token_bytes(SECRET_BYTES))
    SealingKeys(folder / "heads.json").newest(datetime.now(UTC).isoformat())


def _token() -> str:
    return secrets.token_urlsafe(PASSWORD_BYTES)


def _kept(file: Path, fresh: Callable[[], str]) -> str:
    if not file.exists() or not file.read_text().strip():
        _write(file, fresh())
    return file.read_text().strip()


def _write(file: Path, content: str | bytes) -> None:
    """Put a whole file in its place, for its owner alone from the first moment on."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as open_file:
        open_file.write(content if isinstance(content, bytes) else content.encode())
    beside.replace(file)


def main(arguments: Sequence[str]) -> None:
    """Run it as a command."""
    parser = argparse.ArgumentParser(description="Make the certificates and secrets of a cluster.")
    parser.add_argument("folder", type=Path, help="the cluster's folder")
    parser.add_argument("--host", action="append", default=[], help="another name or address of the servers")
    given = parser.parse_args(arguments)
    tls.make(given.folder / "tls", given.host)
    make(given.folder)


if __name__ == "__main__":
    main(sys.argv[1:])
