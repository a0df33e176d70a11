"""`lienthong serve` and `lienthong up`: start the whole product in one process."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
from rich.markup import escape

from chassis.logs import set_up
from chassis.registry import RegistryUnusable
from chassis.settings import Settings
from chassis.stores.sqlite import StoreInUse
from chassis.stores.store import StoreUnavailable
from chassis.web.server import server
from cli.exits import EXIT_IN_USE, EXIT_NOT_READY, EXIT_UNUSABLE
from cli.remote import console, errors
from services.__main__ import Platform, asgi, compose, stay

READY_WITHIN_S = 30.0
OF_THE_DISTRICTS = "2021-08-02"
"""A Monday in the time of the three levels, with the procedure that ended with them."""
OF_THEN = 10
"""One dossier in so many is played in the weeks of then."""
NO_SIGN_IN = (
    "Nobody can sign in with a browser: LIENTHONG_OIDC_ISSUER names no issuer. `lienthong token` gives programs theirs."
)

Data = Annotated[Path, typer.Option(help="Folder that keeps the stores; made if missing.")]
Port = Annotated[int, typer.Option(help="Port on this machine.", min=1, max=65535)]


def serve(
    data: Data = Path("data"),
    port: Port = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="Keep a virtual clock; be anybody.")] = False,
) -> None:
    """Serve every service, the gateway simulator and the pages until stopped (Ctrl-C).

    Exit code 2: the stores cannot be opened, or there is no such address; 3: the port or the stores are in use.
    """
    os.environ.setdefault("LIENTHONG_PUBLIC_URL", f"http://{host}:{port}")
    with _listener(host, port) as listener:
        platform = _composed(data, rehearsal)
        stay()
        platform.engine.start()
        platform.sealer.start()
        platform.parts.uploads.start()
        console.print(f"Liên Thông: http://{host}:{port}/  (data in {data})", highlight=False, soft_wrap=True)
        if not rehearsal and platform.issuer.other is None:
            console.print(NO_SIGN_IN, highlight=False, soft_wrap=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn gives it on once it has stopped listening
        try:
            server(asgi(platform), host, port).run(sockets=[listener])
        except KeyboardInterrupt:
            console.print("stopped", highlight=False)
        finally:
            platform.close()


def _listener(host: str, port: int) -> socket.socket:
    """Take the port before anything else is touched; whoever comes second is told so."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except socket.gaierror as error:
        _end(EXIT_UNUSABLE, f"There is no address {host}", str(error))
    except PermissionError as error:
        _end(EXIT_UNUSABLE, f"Port {port} may not be taken", str(error))
    except OSError:
        _end(EXIT_IN_USE, f"Port {port} is in use", "stop what listens there, or give another with --port.")
    return listener


def _composed(data: Path, rehearsal: bool) -> Platform:
    try:
        settings = Settings.from_environment()
        set_up(settings.log_level)
        return compose(data, rehearsal, settings)
    except StoreInUse as error:
        _end(EXIT_IN_USE, str(error), "stop the other server, or give another folder with --data.")
    except (StoreUnavailable, RegistryUnusable, sqlite3.Error, OSError, ValueError) as error:
        _end(EXIT_UNUSABLE, f"{data} cannot be served", str(error))


def _end(code: int, what: str, hint: str) -> NoReturn:
    """End with one line."""
    errors.print(f"[red]{escape(what)}:[/red] {escape(hint)}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def up(
    data: Data = Path("data/rehearsal"),
    port: Port = 8080,
    dossiers: Annotated[int, typer.Option(help="How many dossiers to play.", min=1)] = 300,
    seed: Annotated[int, typer.Option(help="Seed of the mix.")] = 1,
) -> None:
    """Start in rehearsal on an empty store, play some weeks of 2021 and those before now, print the tables, stay up.

    Exit code 3: the port or the stores are in use; 4: the server did not become ready; otherwise the demo's own.
    """
    _listener("127.0.0.1", port).close()
    _make_empty(data)
    url = f"http://127.0.0.1:{port}"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # being told to stop ends the server too
    command = [sys.executable, "-m", "cli"]
    server = subprocess.Popen([*command, "serve", "--data", str(data), "--port", str(port), "--rehearsal"])
    try:
        _wait_until_ready(url, server)
        for weeks in _weeks_to_play(dossiers):
            played = subprocess.run([*command, "demo", "--url", url, "--seed", str(seed), *weeks])
            if played.returncode:
                raise typer.Exit(played.returncode)
        console.print(f"\n[bold]{url}/[/bold]  is open in your browser's reach; stop with Ctrl-C.")
        server.wait()
    except KeyboardInterrupt:
        console.print("stopping")
    finally:
        server.terminate()
        server.wait()


def _weeks_to_play(dossiers: int) -> Iterator[tuple[str, ...]]:
    """Yield the weeks of the three levels, for a few dossiers of then, and the weeks that end now, for the rest."""
    of_then = dossiers // OF_THEN
    if of_then:
        yield "--from", OF_THE_DISTRICTS, "--dossiers", str(of_then)
    yield "--dossiers", str(dossiers - of_then)


def _make_empty(data: Path) -> None:
    """Remove what an earlier rehearsal left; only files that a rehearsal makes are touched."""
    for pattern in (
        "*.db",
        "*.db-wal",
        "*.db-shm",
        "*.lock",
        "clock.json",
        "keys/*.key",
        "keys/heads.json",
        "telemetry/*.jsonl",
        "files/*/f*",
    ):
        for file in data.glob(pattern):
            file.unlink()


def _wait_until_ready(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=1.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    _end(server.returncode or EXIT_NOT_READY, url, f"the server was not ready within {READY_WITHIN_S:.0f} s.")
