"""`lienthong vault`: another master key, forgetting people, and the copies that forgetting has to reach."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import msgspec
import typer
from rich.markup import escape

from chassis.files import SecretUnusable
from chassis.forgetting import forget as forget_now
from chassis.registry import RegistryUnusable
from chassis.settings import Settings
from chassis.stores.store import StoreUnavailable
from chassis.vault import CannotOpen, Forgotten, SqliteVault
from chassis.vault_forgetting import Copies, forget_again, register_copy
from chassis.vault_keys import VARIABLE, from_base64
from chassis.vault_tables import connected
from chassis.web.auth import INSPECTOR, SYSTEM
from cli import files
from cli.exits import EXIT_IN_USE, EXIT_NO, EXIT_UNUSABLE
from cli.remote import DEFAULT_URL, AsJson, Remote, Url, console, errors
from services.__main__ import Platform, compose

app = typer.Typer(help="Personal data: its keys, who was forgotten, and the copies.", no_args_is_help=True)

NEXT_VARIABLE = f"{VARIABLE}_NEXT"
VAULT = "vault.db"

Data = Annotated[Path, typer.Option(help="Folder that keeps the stores.")]
Person = Annotated[str, typer.Argument(help="Opaque id of the person, as `find` prints it.")]


class Kept(msgspec.Struct):
    """One proof, as `forgotten --json` prints it."""

    person: str
    at: str
    by: str
    law: str
    decision: str


@app.command()
def rotate(
    data: Data,
    keep_old: Annotated[Path | None, typer.Option(help="Write the old key here, for copies made before.")] = None,
) -> None:
    """Wrap every key under a new master key; the server must be stopped.

    Where the key comes from LIENTHONG_VAULT_KEY, put the new one into LIENTHONG_VAULT_KEY_NEXT, and start the server
    with it afterwards. Stopped half-way, either the old key works or the new one.
    """
    _must_rest(data)
    given, following = Settings.from_environment().vault_key, os.environ.get(NEXT_VARIABLE, "")
    if given and not following:
        _end(EXIT_UNUSABLE, f"The key comes from {VARIABLE}: put the new one into {NEXT_VARIABLE}.")
    with _opened(data) as vault:
        if following:
            from_base64(following)
        count = vault.rotate(following if given else "", keep_old)
        older = [copy.path for copy in vault.copies.known()]
    console.print(f"{count} keys are wrapped under a new master key.", highlight=False)
    if given:
        console.print(f"Start the server with the key of {NEXT_VARIABLE} in {VARIABLE}.", highlight=False)
    for path in older:
        console.print(f"Made before, and opened by the old key only: {path}", markup=False, highlight=False)


@app.command()
def find(
    kind: Annotated[Literal["personal_id", "tax_code", "phone"], typer.Argument(help="What is typed in.")],
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Print the opaque ids of whoever has an identifier, asked of a running server and written down there.

    The identifier is read from the terminal or from standard input: an argument would stay in the shell's history.
    """
    identifier = typer.prompt("Identifier", hide_input=True, err=True)
    found = Remote(url, INSPECTOR).post("/api/v1/people/search", {"kind": kind, "identifier": identifier})["people"]
    typer.echo(json.dumps(found) if as_json else "\n".join(found))
    if not found:
        raise typer.Exit(EXIT_NO)


@app.command()
def forget(
    person: Annotated[str, typer.Argument(help="Opaque id of the person; none with --pending.")] = "",
    decision: Annotated[str, typer.Option(help="Number of the decision that orders it.")] = "",
    law: Annotated[str, typer.Option(help="Article that it rests on.")] = "91/2025/QH15:14",
    by: Annotated[str, typer.Option(help="Who orders it, as an opaque id.")] = "system:cli",
    data: Annotated[
        Path | None, typer.Option(help="Folder of a stopped server; else the running one is asked.")
    ] = None,
    url: Url = DEFAULT_URL,
    pending: Annotated[bool, typer.Option("--pending", help="Reach the copies that could not be reached.")] = False,
) -> None:
    """Destroy a person's key beyond recall; refused while something of theirs is open.

    Exit code 1: refused, with what is open; or a copy stays pending.
    """
    if pending == bool(person):
        _end(EXIT_UNUSABLE, "Name either a person or --pending.")
    if pending:
        if data is None:
            _end(EXIT_UNUSABLE, "Name the folder of the vault with --data.")
        _say_pending([f"{path}: {who}" for path, who in _copies(data).catch_up()])
        return
    if not decision:
        _end(EXIT_UNUSABLE, "Name the decision that orders it with --decision.")
    if data is None:
        proof = Remote(url, SYSTEM).post(f"/api/v1/people/{person}/forgetting", {"decision": decision, "law": law})
        console.print(f"{proof['person']} is forgotten since {proof['at']}.", highlight=False)
        _say_pending(proof["pending_copies"])
        return
    _forget_here(data, person, by, law, decision)


def _forget_here(data: Path, person: str, by: str, law: str, decision: str) -> None:
    _must_rest(data)
    with _composed(data) as platform:
        platform.engine.run_until_idle()
        at = platform.engine.clock.now().isoformat()
        outcome = forget_now(platform.engine, platform.vault, Forgotten(person, at, by, law, decision))
        still = [f"{one.path}: {one.person}" for one in platform.vault.copies.pending()]
    if not isinstance(outcome, Forgotten):
        errors.print(f"[red]{escape(outcome.rule.vi)}[/red] {escape(outcome.rule.en)}", highlight=False)
        for one in outcome.invalid:
            errors.print(one.reason, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(EXIT_NO)
    console.print(f"{outcome.person} is forgotten since {outcome.at}.", highlight=False)
    _say_pending(still)


def _say_pending(still: list[str]) -> None:
    for line in still:
        errors.print(f"Pending, could not be reached: {line}", markup=False, highlight=False, soft_wrap=True)
    if still:
        errors.print("Bring it within reach and run `lienthong vault forget --pending`.", highlight=False)
        raise typer.Exit(EXIT_NO)


@app.command()
def forgotten(
    data: Data,
    apply: Annotated[
        Path | None, typer.Option(help="Proofs that were kept elsewhere as JSON: forget again whoever they name.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the proof of everybody who was forgotten; names are not in it. Keep it apart, for a restore needs it."""
    if apply is not None:
        _must_rest(data)
        try:
            kept = msgspec.json.decode(apply.read_bytes(), type=list[Kept])
        except (OSError, msgspec.DecodeError) as error:
            _end(EXIT_UNUSABLE, f"{apply} holds no proofs: {error}")
        count = forget_again(data / VAULT, [Forgotten(**msgspec.structs.asdict(one)) for one in kept])
        errors.print(f"{count} of {len(kept)} were there and are forgotten again.", highlight=False)
    with closing(_database(data)) as db:
        proofs = [Forgotten._make(row) for row in db.execute("SELECT person, at, by, law, decision FROM forgotten")]
    if as_json:
        typer.echo(json.dumps([proof._asdict() for proof in proofs], ensure_ascii=False))
        return
    for proof in proofs:
        console.print("  ".join(proof), markup=False, highlight=False, soft_wrap=True)


@app.command()
def copies(
    data: Data,
    add: Annotated[Path | None, typer.Option(help="A copy of vault.db that was made by hand.")] = None,
    gone: Annotated[Path | None, typer.Option(help="A copy that was destroyed: take it off the list.")] = None,
) -> None:
    """Print the copies of the vault that are known, and who is not forgotten there yet."""
    known = _copies(data)
    if add is not None:
        register_copy(data / VAULT, add, datetime.now(UTC))
    if gone is not None and not known.gone(gone):
        _end(EXIT_NO, f"No copy is known at {gone}.")
    waiting = known.pending()
    for copy in known.known():
        here = sum(one.path == copy.path for one in waiting)
        console.print(f"{copy.made_at}  {copy.path}", markup=False, highlight=False, soft_wrap=True)
        if here:
            console.print(f"  {here} not forgotten there yet", highlight=False)


@app.command()
def openings(person: Person, url: Url = DEFAULT_URL, as_json: AsJson = False) -> None:
    """Print who read what of a person, why and when."""
    remote = Remote(url, INSPECTOR)
    items: list[dict[str, Any]] = []
    following: str | None = "0"
    while following is not None:
        page = remote.get(f"/api/v1/people/{person}/openings", after=following)
        items, following = items + page["items"], page["next"]
    if as_json:
        typer.echo(json.dumps(items, ensure_ascii=False))
        return
    for one in items:
        to = f" → {one['handed_to']}" if one["handed_to"] else ""
        line = f"{one['at']}  {one['by']}{to}  {one['purpose']}  {', '.join(one['fields'])}  {one['about'] or ''}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _must_rest(data: Path) -> None:
    if not (data / VAULT).is_file():
        _end(EXIT_UNUSABLE, f"{data} holds no vault.")
    if files.in_use(data):
        _end(EXIT_IN_USE, f"A server is using {data}: stop it first.")


@contextmanager
def _opened(data: Path) -> Iterator[SqliteVault]:
    try:
        vault = SqliteVault(data / VAULT, data / files.MASTER_KEY, Settings.from_environment().vault_key)
        with closing(vault):
            yield vault
    except (CannotOpen, SecretUnusable, StoreUnavailable, OSError) as error:
        _end(EXIT_UNUSABLE, str(error))


@contextmanager
def _composed(data: Path) -> Iterator[Platform]:
    try:
        platform = compose(data, rehearsal=(data / files.CLOCK).exists())
    except (StoreUnavailable, RegistryUnusable, sqlite3.Error, OSError, ValueError) as error:
        _end(EXIT_UNUSABLE, str(error))
    try:
        yield platform
    finally:
        platform.close()


def _database(data: Path) -> sqlite3.Connection:
    if not (data / VAULT).is_file():
        _end(EXIT_UNUSABLE, f"{data} holds no vault.")
    return connected(data / VAULT)


def _copies(data: Path) -> Copies:
    return Copies(_database(data), threading.Lock(), data / VAULT)


def _end(code: int, why: str) -> NoReturn:
    errors.print(f"[red]{escape(why)}[/red]", highlight=False, soft_wrap=True)
    raise typer.Exit(code)
