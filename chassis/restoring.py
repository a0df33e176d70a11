"""Bringing a backup back: proved whole, put into an empty folder, and from then on a new source to whoever listens.

What the lost server said after the backup was made is known to others and not here. So each log begins a new
generation: what it says next is not taken for a repeat of what was lost.
"""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from chassis.backup import FORM, HEAD_KEYS, KEYS, MANIFEST, VAULT, Manifest, digest
from chassis.clock import to_us
from chassis.files import replace_durably
from chassis.sealing_keys import PublicKey, SealingKey
from chassis.stores.sqlite import SqliteStore
from chassis.vault_forgetting import forget_again, proofs_of

MASTER_KEY: Final = Path(KEYS) / "vault.key"


class NotWhole(ValueError):
    """The folder is no backup, or not as it was made; `lines` say what is wrong with it."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


def read_manifest(backup: Path) -> Manifest:
    """Return the manifest of a backup.

    Raises:
        NotWhole: there is none that this version can read.
    """
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise NotWhole([f"{MANIFEST} cannot be read, so this is no backup: {error}"]) from error
    if manifest.form != FORM:
        raise NotWhole([f"this version reads backups of the form {FORM}, and this is {manifest.form}"])
    return manifest


def differences(backup: Path, manifest: Manifest) -> Iterator[str]:
    """Say where a backup is not as it was made."""
    listed = {one.path for one in manifest.files}
    for one in manifest.files:
        path = backup / one.path
        if not path.is_file():
            yield f"{one.path} is missing"
        elif one.sha256 and (path.stat().st_size != one.size or digest(path) != one.sha256):
            yield f"{one.path} is not the file that was copied"
    for path in sorted(backup.rglob("*")):
        name = path.relative_to(backup).as_posix()
        # A vault that was reached into since, to forget somebody, leaves its log and its index of it beside it.
        if path.is_file() and name not in listed and name != MANIFEST and not name.startswith(f"{VAULT}-"):
            yield f"{name} was not in the backup"


def restore(
    backup: Path, to: Path, now: datetime, keys: Path | None = None, vault: Path | None = None,
    nothing_said_since: bool = False,
) -> Manifest:  # fmt: skip
    """Bring a backup back into the empty folder `to`.

    Args:
        keys: folder of the keys, where the backup has none.
        vault: a vault that outlived: whoever was forgotten there since the backup is forgotten here again.
        nothing_said_since: the server was stopped before the backup and not started again, so nobody heard more.

    Raises:
        NotWhole: the backup is not as it was made; nothing was written.
    """
    manifest = read_manifest(backup)
    if wrong := list(differences(backup, manifest)):
        raise NotWhole(wrong)
    for one in manifest.files:
        (to / one.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(backup / one.path, to / one.path)
    for beside in backup.glob(f"{VAULT}-*"):
        shutil.copy2(beside, to / beside.name)
    if keys is not None:
        shutil.copytree(keys, to / KEYS, dirs_exist_ok=True)
    if not (to / HEAD_KEYS).exists() and manifest.head_keys:
        _keep_public(to / HEAD_KEYS, manifest.head_keys, now)
    if vault is not None:
        forget_again(to / VAULT, proofs_of(vault))
    for service in manifest.services:
        store = SqliteStore(to / f"{service}.db")
        try:
            if not nothing_said_since:
                store.begin_generation(to_us(now), f"restored from the backup of {manifest.made_at}")
        finally:
            store.close()
    return manifest


def _keep_public(path: Path, keys: tuple[PublicKey, ...], now: datetime) -> None:
    """Keep the public halves alone: old heads stay checkable, and a new key is made for the next one."""
    kept = [SealingKey(key.key_id, key.public, "", key.since, key.retired_at or now.isoformat()) for key in keys]
    replace_durably(path, msgspec.json.format(msgspec.json.encode(kept)), 0o600)
