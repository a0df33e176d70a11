"""A network and disks of the drill's own, so that a cable can be pulled and a disk filled without harm to the machine.

`go_apart` begins the program again in a network and a mount namespace of its own (Linux, root). There the routing table
of local addresses is asked after rules that a `Cut` sets, and the folders of `disks` are small file systems in memory.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

IS_APART: Final = "LIENTHONG_DRILL_APART"
SMALL: Final = {"kafka/1": "400m", "kafka/2": "400m", "kafka/3": "400m", "postgres": "1500m"}
"""Folders of a cluster that get a file system of their own, and its size."""

BEFORE_LOCAL: Final = "5"
LOCAL: Final = "10"
PREPARED: Final = f'ip link set lo up && ip rule add pref {LOCAL} lookup local && ip rule del pref 0 && exec "$@"'


def is_apart() -> bool:
    """Say whether this program has a network and mounts of its own."""
    return os.environ.get(IS_APART) == "1"


def go_apart(module: str, arguments: Sequence[str]) -> None:
    """Begin again with a network and mounts of its own; return where this machine does not let us."""
    program = ["unshare", "--net", "--mount", "sh", "-c", PREPARED, "sh"]
    if is_apart() or not all(map(shutil.which, ("unshare", "ip"))):
        return
    if subprocess.run([*program, "true"], capture_output=True).returncode == 0:
        os.execvpe("unshare", [*program, sys.executable, "-m", module, *arguments], os.environ | {IS_APART: "1"})


def disks(cluster: Path) -> None:
    """Give the cluster's servers file systems of their own, so small that they can be filled."""
    for folder, size in SMALL.items():
        (cluster / folder).mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "lienthong", str(cluster / folder)]
        subprocess.run(mount, check=True)


def undo_disks(cluster: Path) -> None:
    """Give them back; what is on them is gone."""
    for folder in SMALL:
        subprocess.run(["umount", "--lazy", str(cluster / folder)], check=True)


class Cut:
    """While it lasts, nothing that is sent to these ports or from them arrives; connections stay open and silent."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._rules = [f"ipproto tcp {side} {port} blackhole" for port in ports for side in ("dport", "sport")]

    def __enter__(self) -> Self:
        for rule in self._rules:
            _rule("add", rule)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for rule in self._rules:
            _rule("del", rule)


def _rule(verb: str, rule: str) -> None:
    subprocess.run(["ip", "rule", verb, "pref", BEFORE_LOCAL, *rule.split()], check=True)


class Full:
    """While it lasts, there is no room left on the file system of a folder."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def __enter__(self) -> Self:
        with self._filler.open("wb", buffering=0) as filler:
            for size in (1 << 20, 1 << 12):
                with suppress(OSError):
                    while filler.write(bytes(size)) == size:
                        pass
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._filler.unlink()
