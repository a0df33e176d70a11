"""Small files that a power cut leaves whole: a clock's reading, a secret."""

import os
import secrets
from pathlib import Path

SECRET_BYTES = 32


class SecretUnusable(ValueError):
    """A secret's file is not as it was written."""


def replace_durably(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that a power cut leaves the old content or the new, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(path.suffix + ".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    take_its_place(fresh, path)


def take_its_place(fresh: Path, path: Path) -> None:
    """Give a whole file the name of the one that it replaces, durably."""
    fresh.replace(path)
    sync_folder(path.parent)


def kept_secret(path: Path) -> bytes:
    """Return the random secret kept in a file, made on the first start; only its owner may read it.

    Raises:
        SecretUnusable: the file was cut short or exchanged; nothing signed or wrapped with the secret can be read.
    """
    if not path.exists():
        replace_durably(path, secrets.token_bytes(SECRET_BYTES), 0o600)
        sync_folder(path.parent.parent)
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise SecretUnusable(f"the secret in {path.name} must be {SECRET_BYTES} bytes long, it has {len(secret)}")
    return secret


def sync_folder(folder: Path) -> None:
    """Make a name in a folder durable: without this the file may be, and its name not."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
