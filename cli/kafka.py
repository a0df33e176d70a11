"""`lienthong kafka`: topics, users and rules of a cluster, how far its readers are, and whether it has what was said.

The one table of all of them is services/topology.py; docs/kafka.md explains it.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from kafka.errors import KafkaError
from rich.markup import escape
from rich.table import Table

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_admin import Administration, Difference, PasswordsMissing
from chassis.bus.kafka_audit import Audit, Said, audit
from chassis.bus.kafka_cluster import Cluster
from chassis.bus.kafka_lag import Lag, lags
from chassis.bus.kafka_probe import why_unreachable
from chassis.bus.kafka_reading import Silence
from chassis.bus.kafka_refusals import explained
from chassis.bus.kafka_topic import TopicMissing, id_of
from chassis.stores.postgres_readonly import ReadOnlyStore
from chassis.stores.store import StoreUnavailable
from chassis.wire import TOPIC
from cli.cluster import DEFAULT_FOLDER, Folder, NoSuchCluster, Place, Secrets
from cli.exits import EXIT_NO, EXIT_UNUSABLE
from cli.remote import AsJson, console, errors
from cli.silence import silenced
from services.topology import ADMIN, AUDITOR, KAFKA, LIVE, PROCESSES, SPEAKERS

app = typer.Typer(help="The Kafka cluster that the services speak through.", no_args_is_help=True)

Rehearsal = Annotated[bool, typer.Option(help="Make do with the brokers there are: fewer replicas than declared.")]

READERS = tuple(process.name for process in PROCESSES if process.database and process.principal)
"""Services that keep their positions in a database of their own."""

COLOURS = {"missing": "yellow", "differs": "red", "foreign": "magenta"}


@app.command()
def diff(
    folder: Folder = DEFAULT_FOLDER, secrets: Secrets = None, rehearsal: Rehearsal = False, as_json: AsJson = False
) -> None:
    """Name what of the cluster is not as services/topology.py declares it.

    Exit code 0: nothing; 1: something; 2: the cluster cannot be reached or does not let the administrator in.
    """
    with _administration(folder, secrets, rehearsal) as admin:
        found = admin.differences()
        _tell(admin, found, as_json)
        raise typer.Exit(EXIT_NO if found else 0)


@app.command()
def apply(
    folder: Folder = DEFAULT_FOLDER,
    secrets: Secrets = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take foreign rules, users and settings away.")] = False,
    rehearsal: Rehearsal = False,
    as_json: AsJson = False,
) -> None:
    """Make topics, users and rules what services/topology.py declares; called again it finds nothing to do.

    Users get the passwords of the secrets folder. Topics are never deleted, and their partitions never changed.

    Exit code 0: all that is declared is there, whatever foreign is left; 1: something is not, and it says why; 2: the
    cluster cannot be reached, or a password is missing.
    """
    with _administration(folder, secrets, rehearsal) as admin:
        try:
            left = admin.apply(remove=remove)
        except PasswordsMissing as missing:
            there = secrets or folder / "secrets"
            _give_up(f"There is no password of {missing} in {there}: deploy/native/credentials.py makes them.")
        except TimeoutError as error:
            _give_up(str(error))
        _tell(admin, left, as_json)
        raise typer.Exit(EXIT_NO if any(one.way != "foreign" for one in left) else 0)


@app.command()
def lag(folder: Folder = DEFAULT_FOLDER, secrets: Secrets = None, as_json: AsJson = False) -> None:
    """Show how far each reader of dossier-events is behind, partition by partition.

    What a service has taken stands in its own database; what its group has committed is only what Kafka's own tools
    show, and is behind it.

    Exit code 0, however far; 2: the cluster or a database cannot be reached.
    """
    with _reached(folder, secrets, AUDITOR) as (place, cluster, _), ExitStack() as opened:
        databases = {reader: _looked_into(place, reader, opened) for reader in READERS}
        found = lags(cluster, TOPIC, id_of(cluster.client, TOPIC), (*READERS, LIVE), databases)
    if as_json:
        typer.echo(json.dumps([one._asdict() | {"behind": one.behind} for one in found]))
    else:
        _print_lags(found)


@app.command()
def verify(folder: Folder = DEFAULT_FOLDER, secrets: Secrets = None, as_json: AsJson = False) -> None:
    """Compare dossier-events, from its beginning to its end, with the log of every service that speaks on it.

    Nothing may be missing or foreign, and every byte has to be what is stored. Repeats are counted and do no harm.
    Services may run meanwhile: what they have not said yet is pending.

    Exit code 0: all holds; 1: something does not; 2: the cluster or a database cannot be reached.
    """
    with _reached(folder, secrets, AUDITOR) as (place, cluster, access), ExitStack() as opened:
        topic_id = id_of(cluster.client, TOPIC)
        said = {}
        for service in SPEAKERS:
            log = _looked_into(place, service, opened)
            said[service] = Said(log, log.relayed(topic_id))
        found = audit(said, access, TOPIC)
    if as_json:
        shown = {"checks": [asdict(one) for one in found.checks], "repeats": found.repeats, "aged": found.aged}
        typer.echo(json.dumps(shown, ensure_ascii=False))
    else:
        _print_audit(found)
    raise typer.Exit(EXIT_NO if any(one.broken_count for one in found.checks) else 0)


@contextmanager
def _administration(folder: Path, secrets: Path | None, rehearsal: bool) -> Iterator[Administration]:
    with _reached(folder, secrets, ADMIN) as (place, cluster, access):
        passwords = place.passwords(principal.name for principal in KAFKA.principals)
        yield Administration(access, cluster, KAFKA, passwords, rehearsal)


@contextmanager
def _reached(folder: Path, secrets: Path | None, user: str) -> Iterator[tuple[Place, Cluster, KafkaAccess]]:
    """Connect, and turn whatever the brokers refuse into a sentence for the operator."""
    try:
        place = Place.found(folder, secrets)
        access = place.kafka(user)
    except (OSError, ValueError, NoSuchCluster) as error:
        _give_up(str(error))
    # Asked first, because the client itself would try for long and not say why.
    if (reason := why_unreachable(access)) is not None:
        _give_up(reason)
    with silenced("kafka"):
        try:
            with Cluster.reached(access) as cluster:
                yield place, cluster, access
        except KafkaError as error:
            _give_up(explained(error, access))
        except (TopicMissing, StoreUnavailable, Silence, OSError) as error:
            _give_up(str(error))


def _looked_into(place: Place, service: str, opened: ExitStack) -> ReadOnlyStore:
    log = place.log(service, AUDITOR)
    opened.callback(log.close)
    return log


def _give_up(why: str) -> NoReturn:
    errors.print(why, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(EXIT_UNUSABLE)


def _tell(admin: Administration, found: list[Difference], as_json: bool) -> None:
    lowered = admin.lowered()
    if as_json:
        typer.echo(
            json.dumps({"differences": [one._asdict() for one in found], "lowered": lowered}, ensure_ascii=False)
        )
    else:
        for one in found:
            why = f" [dim]Never changed here: {escape(one.never)}.[/dim]" if one.never else ""
            line = f"[{COLOURS[one.way]}]{one.way:<8}[/] {one.what:<8}{escape(one.name)}: {escape(one.says)}.{why}"
            console.print(line, highlight=False, soft_wrap=True)
        if lowered:
            console.print(f"[yellow]{lowered}[/yellow]", highlight=False, soft_wrap=True)
        if not found:
            console.print("The cluster holds what services/topology.py declares, and nothing else.", highlight=False)


def _print_lags(found: list[Lag]) -> None:
    table = Table("reader", "partition", "end", "taken", "committed", "behind")
    for one in found:
        numbers = (one.partition, one.end, one.taken, one.committed, one.behind)
        table.add_row(one.reader, *("–" if number is None else f"{number:,}" for number in numbers))
    console.print(table)
    behind: dict[str, int] = {}
    for one in found:
        behind[one.reader] = behind.get(one.reader, 0) + one.behind
    console.print(", ".join(f"{reader} {count:,} behind" for reader, count in behind.items()), highlight=False)


def _print_audit(found: Audit) -> None:
    for one in found.checks:
        mark = f"[red]{one.broken_count:>6} broken[/red]" if one.broken_count else "[green]      holds[/green] "
        waiting = f" [yellow]({one.pending_count:,} pending)[/yellow]" if one.pending_count else ""
        again = f" ({found.repeats[one.service]:,} said again)" if found.repeats.get(one.service) else ""
        aged = f" ({found.aged[one.service]:,} older than the topic)" if found.aged.get(one.service) else ""
        line = f"{one.service:<32}{one.counted:>11,} {mark}  {escape(one.says)}{waiting}{again}{aged}"
        console.print(line, highlight=False, soft_wrap=True)
    for one in found.checks:
        for colour, lines in (("red", one.broken), ("yellow", one.pending)):
            for text in lines[:20]:
                console.print(f"[{colour}]{escape(text)}[/{colour}]", highlight=False, soft_wrap=True)
