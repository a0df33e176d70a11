"""`lienthong serve` and `lienthong up`: start the whole product in one process."""

import logging
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer
import uvicorn
from rich.console import Console

from chassis.settings import Settings
from chassis.stores.sqlite import StoreInUse
from services.__main__ import asgi, compose

console = Console()
READY_WITHIN_S = 30.0

EXIT_IN_USE = 3
EXIT_NOT_READY = 4

Data = Annotated[Path, typer.Option(help="Folder that keeps the stores; made if missing.")]
Port = Annotated[int, typer.Option(help="Port on this machine.", min=1, max=65535)]


def serve(
    data: Data = Path("data"),
    port: Port = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="Keep a virtual clock; be anybody.")] = False,
) -> None:
    """Serve every service, the gateway simulator and the pages until stopped (Ctrl-C)."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    os.environ.setdefault("LIENTHONG_PUBLIC_URL", f"http://{host}:{port}")
    try:
        platform = compose(data, rehearsal, Settings.from_environment())
    except StoreInUse as error:
        console.print(f"[red]{error}[/red]\nStop the other server, or give another folder with --data.")
        raise typer.Exit(EXIT_IN_USE) from error
    platform.engine.start()
    console.print(f"Liên Thông: http://{host}:{port}/  (data in {data})")
    try:
        uvicorn.run(asgi(platform), host=host, port=port, log_level="warning", access_log=False)
    finally:
        platform.close()


def up(
    data: Data = Path("data/rehearsal"),
    port: Port = 8080,
    dossiers: Annotated[int, typer.Option(help="How many dossiers to play.", min=1)] = 300,
    seed: Annotated[int, typer.Option(help="Seed of the mix.")] = 1,
) -> None:
    """Start in rehearsal on an empty store, play some weeks of dossiers through it, print the table, stay up."""
    _make_empty(data)
    if _taken(port):
        console.print(f"[red]Port {port} is in use.[/red] Stop what listens there, or give another with --port.")
        raise typer.Exit(EXIT_IN_USE)
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "cli"]
    server = subprocess.Popen([*command, "serve", "--data", str(data), "--port", str(port), "--rehearsal"])
    try:
        _wait_until_ready(url, server)
        played = subprocess.run([*command, "demo", "--url", url, "--dossiers", str(dossiers), "--seed", str(seed)])
        if played.returncode:
            raise typer.Exit(played.returncode)
        console.print(f"\n[bold]{url}/[/bold]  is open in your browser's reach; stop with Ctrl-C.")
        server.wait()
    except KeyboardInterrupt:
        console.print("stopping")
    finally:
        server.terminate()
        server.wait()


def _make_empty(data: Path) -> None:
    """Remove what an earlier rehearsal left; only files that a rehearsal makes are touched."""
    for pattern in ("*.db", "*.db-wal", "*.db-shm", "*.lock", "clock.json", "keys/*.key"):
        for file in data.glob(pattern):
            file.unlink()


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_until_ready(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=1.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    console.print(f"[red]The server was not ready within {READY_WITHIN_S:.0f} s.[/red]")
    raise typer.Exit(EXIT_NOT_READY)
