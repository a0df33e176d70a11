"""Makes what a cluster needs before it first starts: certificates, and a password, token or key for everybody.

    .venv/bin/python deploy/native/credentials.py <cluster folder> [--host NAME]…

What is there stays as it is, so it may be called again; a file that is deleted is made anew. All are for their owner
alone (0600), and nothing of them is printed. `secrets/` then holds:

    <who>.password           of each role of PostgreSQL and principal of Kafka, of both administrators, of Grafana
    <process>.vault-token    what a process shows the vault, and <process>.files-token the file store
    vault.tokens             who may speak to the vault, `name:SHA-256 of the token` a line, and files.tokens
    vault.key                the vault's master key: without it nothing personal can be read again
"""

import argparse
import os
import secrets
import sys
from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

sys.path.append(str(Path(__file__).parent.parent.parent))

import tls

from services.topology import ADMIN, AUDITOR, DATABASES, PRINCIPALS

ASKS_VAULT: Final = ("intake", "routing", "payments", "postal", "reporting", "front")
ASKS_FILES: Final = ("intake", "front")
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
    for server, callers in (("vault", ASKS_VAULT), ("files", ASKS_FILES)):
        tokens = {who: _kept(folder / f"{who}.{server}-token", _token) for who in callers}
        lines = [f"{who}:{sha256(token.encode()).hexdigest()}\n" for who, token in tokens.items()]
        _write(folder / f"{server}.tokens", "".join(lines))
    _kept(folder / "vault.key", lambda: b64encode(secrets.token_bytes(KEY_BYTES)).decode())


def _token() -> str:
    return secrets.token_urlsafe(PASSWORD_BYTES)


def _kept(file: Path, fresh: Callable[[], str]) -> str:
    if not file.exists() or not file.read_text().strip():
        _write(file, fresh())
    return file.read_text().strip()


def _write(file: Path, text: str) -> None:
    """Put a whole file in its place, for its owner alone from the first moment on."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as open_file:
        open_file.write(text)
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
