"""`lienthong rebuild`: the read models of one service of a cluster, built anew from the logs of all."""

import time
from typing import Annotated

import psycopg
import typer
from rich.markup import escape

from chassis.stores.postgres import READ_MODELS
from chassis.stores.store import Store, StoreUnavailable
from chassis.uploads import Uploads
from cli.cluster import DEFAULT_FOLDER, Folder, Place, Secrets
from cli.exits import EXIT_UNUSABLE
from cli.remote import console, errors
from services.looking import build_anew
from services.topology import AUDITOR, SERVICES


def rebuild(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}; all its instances are stopped.")],
    folder: Folder = DEFAULT_FOLDER,
    secrets: Secrets = None,
    anew: Annotated[bool, typer.Option("--anew", help="Even if they have this version's form.")] = False,
) -> None:
    """Build the read models of a service whose instances are stopped; its log and the others' are only read.

    A service that begins with another form than its database has, and hears others, says so and asks for this: what it
    heard stands in the others' logs, which it may not read itself.

    Exit code 0: they are as this version makes them; 2: a database cannot be entered, or there is no such service.
    """
    if service not in SERVICES:
        raise typer.BadParameter(f"there is no service {service}: {', '.join(SERVICES)}")
    began = time.monotonic()
    try:
        place = Place.found(folder, secrets)
        own = place.store(service)
        if anew:
            own.keep_note(READ_MODELS, "")
        stores: dict[str, Store] = {name: place.log(name, AUDITOR, any_form=True) for name in SERVICES}
        stores[service].close()
        stores[service] = own
        vault = place.vault(AUDITOR)
        built = build_anew(service, stores, vault, Uploads(place.files(AUDITOR), vault))
    except (StoreUnavailable, psycopg.Error, OSError, ValueError) as error:
        errors.print(f"[red]The read models of {service} were not built:[/red] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(EXIT_UNUSABLE) from error
    came_to = f"built in {time.monotonic() - began:.1f} s" if built else "have this version's form already"
    console.print(f"The read models of {service}: {came_to}.", highlight=False)
