"""The vault as a process of its own: `python -m chassis.vault_server`, or `… rotate` for another master key.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14.

Keys never leave it: what is to be sealed comes in over TLS, what is opened goes out to whoever may open it, and the
line in the log of openings is durable before. Any number of these processes may stand over one database.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis import logs, vault_words
from chassis.files import SecretUnusable
from chassis.inner_credentials import Credentials, CredentialsUnusable
from chassis.inner_server import JSON, MALFORMED, Door, NotAnswered, body_of, serve
from chassis.inner_settings import InnerSettings
from chassis.stores.migrations import StoreTooNew
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import StoreUnavailable
from chassis.vault_keys import CannotOpen, Master, from_base64
from chassis.vault_port import Erased, Forgotten
from chassis.vault_postgres import DRAFTS_SWEPT_MAX, PostgresVault
from chassis.vault_postgres_rotation import exchange_master
from chassis.vault_words import RIGHTS, USUAL, Asked

log = logging.getLogger("lienthong.vault")

PORT: Final = 8111
BODY_BYTES_MAX: Final = 4_194_304
SWEEPS_EVERY_S: Final = 60.0
SWEEPS_PER_LOOK_AT_COPIES: Final = 10
DATABASE_WITHIN_S: Final = 60.0


def _answers(vault: PostgresVault) -> dict[Asked, Callable[[Any], Any]]:
    """Return what answers each question; the names are those of the port."""
    words = vault_words
    return {
        words.MEET: lambda q: vault.meet(q.kind, q.identifier),
        words.MAKE_LASTING: lambda q: vault.make_lasting(q.people),
        words.SEALED: lambda q: vault.seal(q.person, q.fields),
        words.OPENED: lambda q: vault.open(q.sealed, q.by, q.purpose, q.fields, q.at, q.about, q.to, q.call),
        words.PROVED: lambda q: vault.prove(q.sealed),
        words.TOLD: lambda q: vault.told(q.person, q.by, q.purpose, q.what, q.at, q.about, q.to, q.call),
        words.IS_FORGOTTEN: lambda q: vault.is_forgotten(q.person),
        words.FOUND: lambda q: vault.find(q.kind, q.identifier),
        words.SEARCHED: lambda q: vault.searched(q.found, q.by, q.kind, q.at, q.call),
        words.OPENINGS_OF: lambda q: vault.openings(q.person, q.after, q.limit),
        words.OPENINGS_ABOUT: lambda q: vault.openings_about(q.ref, q.limit),
        words.IS_KNOWN: lambda q: vault.is_known(q.person),
        words.HOLD_BACK: lambda q: vault.hold_back(q.person),
        words.LET_GO: lambda q: vault.let_go(q.person),
        words.FORGETTING: lambda q: vault.forget(Forgotten(q.person, q.at, q.by, q.law, q.decision)),
        words.PROOFS: lambda q: vault.forgotten(),
        words.IN_SPITE: lambda q: vault.kept_in_spite(),
        words.COPIES: lambda q: vault.copies.known(),
        words.PENDING: lambda q: vault.copies.pending(),
        words.CATCH_UP: lambda q: vault.copies.catch_up(),
        words.GONE: lambda q: vault.copies.gone(q.path),
    }


def application(vault: PostgresVault, credentials: Credentials) -> Starlette:
    """Return the application that lets known callers ask the vault."""
    door = Door("vault", credentials, vault.drafts)
    door.figures.register(Figures(vault))
    routes = [
        Route(f"/v1/{asked.path}", _endpoint(door, asked, answers), methods=["POST"])
        for asked, answers in _answers(vault).items()
    ]
    return door.application(routes)


def _endpoint(door: Door, asked: Asked, answers: Callable[[Any], Any]) -> Callable[[Request], Any]:
    decoder = msgspec.json.Decoder(asked.question)

    def answered(body: bytes) -> bytes:
        try:
            question = decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NotAnswered(400, MALFORMED, "the question cannot be read") from error
        try:
            return msgspec.json.encode(answers(question))
        except Erased as error:
            raise NotAnswered(410, vault_words.ERASED, str(error)) from error
        except CannotOpen as error:
            raise NotAnswered(422, vault_words.CANNOT_OPEN, str(error)) from error

    async def endpoint(request: Request) -> Response:
        with door.observed(asked.path):
            door.let_in(request, *asked.rights)
            body = await body_of(request, BODY_BYTES_MAX)
            return Response(await run_in_threadpool(answered, body), media_type=JSON)

    return endpoint


class Figures:
    """The vault's own figures; how long questions took stands beside them."""

    def __init__(self, vault: PostgresVault) -> None:
        self._vault = vault

    def collect(self) -> Iterable[Metric]:
        read = CounterMetricFamily("lienthong_vault_openings", "Readings of personal data", labels=["purpose"])
        for purpose, number in self._vault.opened_for().items():
            read.add_metric([purpose], number)
        yield read
        try:
            drafts, pending = self._vault.drafts(), len(self._vault.copies.pending())
        except StoreUnavailable:
            return  # what cannot be read now is left out
        yield GaugeMetricFamily("lienthong_vault_drafts", "Keys of people whom no event names yet", drafts)
        yield GaugeMetricFamily("lienthong_vault_pending", "Copies in which somebody is not forgotten yet", pending)


def tend(vault: PostgresVault, stopping: threading.Event) -> None:
    """Remove old drafts and look after copies, now and then, until told to stop."""
    rounds = 0
    while not stopping.wait(SWEEPS_EVERY_S):
        try:
            while vault.sweep() == DRAFTS_SWEPT_MAX and not stopping.is_set():
                pass
            if rounds % SWEEPS_PER_LOOK_AT_COPIES == 0:
                vault.copies.catch_up()
            rounds += 1
        except StoreUnavailable as error:
            log.warning("the vault is tended later: %s", error)
        except Exception:
            log.exception("the vault is tended later")


def opened(settings: InnerSettings, within_s: float = DATABASE_WITHIN_S) -> PostgresVault:
    """Open the vault that the settings name; a database that is not there yet is waited for.

    Raises:
        CannotOpen: the master key is missing, or another one.
        StoreUnavailable: the database does not come.
    """
    if not settings.vault_key:
        raise CannotOpen("the vault's master key is missing: give LIENTHONG_VAULT_KEY or LIENTHONG_VAULT_KEY_FILE")
    offered = [Master(from_base64(key)) for key in (settings.vault_key, settings.vault_key_next) if key]
    until = time.monotonic() + within_s
    while True:
        try:
            return PostgresVault(PostgresAccess(settings.database, settings.database_password), offered)
        except StoreTooNew:
            raise
        except StoreUnavailable as error:
            if time.monotonic() > until:
                raise
            log.warning("the vault waits for its database: %s", error)
            time.sleep(1.0)


def run(settings: InnerSettings) -> None:
    """Answer until the process is told to stop."""
    credentials = Credentials(settings.vault_tokens, RIGHTS, USUAL)
    vault, stopping = opened(settings), threading.Event()
    tending = threading.Thread(target=tend, args=(vault, stopping), name="vault", daemon=True)
    tending.start()
    try:
        serve(application(vault, credentials), settings, PORT)
    finally:
        stopping.set()
        tending.join()
        vault.close()


def rotate(settings: InnerSettings) -> int:
    """Exchange the master key for the next one; return how many keys were wrapped anew."""
    if not settings.vault_key or not settings.vault_key_next:
        raise CannotOpen("give the old master key as LIENTHONG_VAULT_KEY and the new one as LIENTHONG_VAULT_KEY_NEXT")
    old, new = (Master(from_base64(key)) for key in (settings.vault_key, settings.vault_key_next))
    return exchange_master(PostgresAccess(settings.database, settings.database_password), old, new)


COMMANDS: Final[Mapping[tuple[str, ...], Callable[[InnerSettings], object]]] = {(): run, ("rotate",): rotate}


def main(arguments: tuple[str, ...]) -> int:
    """Run it as a command; return what the process ends with."""
    command = COMMANDS.get(arguments)
    if command is None:
        sys.stderr.write("usage: python -m chassis.vault_server [rotate]\n")
        return 2
    try:
        settings = InnerSettings.from_environment()
        logs.set_up(settings.log_level)
        done = command(settings)
    except (CannotOpen, SecretUnusable, CredentialsUnusable, StoreUnavailable, OSError, ValueError) as error:
        sys.stderr.write(f"vault: {error}\n")
        return 1
    if isinstance(done, int):
        sys.stdout.write(f"{done} keys are wrapped under the new master key; keep the old one for older backups\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
