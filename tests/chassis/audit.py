"""An auditor who hears the savings desk: policies, a saga and a read model of what was heard, for tests of hearing."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from chassis.service import Projection, Route, SagaRoute, Service
from chassis.stores.store import Statement
from kernel.decider import Decider
from kernel.message import Envelope, Hearing, source_of, type_of
from kernel.refusal import HOUSE_RULE, Refused, Rule
from kernel.saga import Saga

NAME = "audit"
SAVINGS_SOURCE = source_of("savings")
OPENED = type_of("savings", "AccountOpened", 1)
PAID_IN = type_of("savings", "PaidIn", 1)
CLOSED = type_of("savings", "AccountClosed", 1)
"""Said, and not listened to here."""

LARGEST_NOTED_VND = 1_000_000_000
LEDGER_SHUT = Rule("ledger_shut", HOUSE_RULE, "Sổ cái đã khóa.", "The ledger is shut.")


@dataclass(frozen=True, slots=True)
class Opened:
    """Reading of `AccountOpened`."""

    ref: str


@dataclass(frozen=True, slots=True)
class Paid:
    """Reading of `PaidIn`."""

    ref: str
    amount_vnd: int


@dataclass(frozen=True, slots=True)
class NoteDeposit:
    ref: str
    amount_vnd: int
    now: datetime


@dataclass(frozen=True, slots=True)
class ShutLedger:
    ref: str


@dataclass(frozen=True, slots=True)
class OpenLedger:
    ref: str


@dataclass(frozen=True, slots=True)
class SendStatement:
    ref: str
    now: datetime


@dataclass(frozen=True, slots=True)
class DepositNoted:
    ref: str
    amount_vnd: int


@dataclass(frozen=True, slots=True)
class LedgerShut:
    ref: str


@dataclass(frozen=True, slots=True)
class LedgerOpened:
    ref: str


@dataclass(frozen=True, slots=True)
class StatementSent:
    ref: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """The amounts in the order in which they were noted."""

    amounts_vnd: tuple[int, ...] = ()
    is_shut: bool = False
    statement_sent: bool = False


def _decide(command: Any, state: Ledger) -> tuple[Any, ...] | Refused:
    match command:
        case ShutLedger(ref):
            return () if state.is_shut else (LedgerShut(ref),)
        case OpenLedger(ref):
            return (LedgerOpened(ref),) if state.is_shut else ()
        case SendStatement(ref):
            return () if state.statement_sent else (StatementSent(ref),)
        case NoteDeposit(ref, amount):
            return Refused(LEDGER_SHUT) if state.is_shut else (DepositNoted(ref, amount),)
    raise AssertionError(command)


def _evolve(state: Ledger, event: Any) -> Ledger:
    match event:
        case DepositNoted():
            return replace(state, amounts_vnd=(*state.amounts_vnd, event.amount_vnd))
        case StatementSent():
            return replace(state, statement_sent=True)
    return replace(state, is_shut=isinstance(event, LedgerShut))


ledger = Decider(Ledger(), _decide, _evolve)


@dataclass(frozen=True, slots=True)
class Known:
    """Fact: there is such an account."""

    ref: str


@dataclass(frozen=True, slots=True)
class Deposited:
    """Fact: a deposit, told from the others by its number."""

    ref: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Fact: the statement was sent."""

    ref: str


@dataclass(frozen=True, slots=True)
class Promise:
    ref: str = ""
    is_known: bool = False
    deposits: tuple[int, ...] = ()
    is_sent: bool = False


def _remember(state: Promise, fact: Known | Deposited | Sent) -> Promise:
    state = replace(state, ref=fact.ref)
    if isinstance(fact, Deposited):
        return replace(state, deposits=tuple(sorted({*state.deposits, fact.sequence})))
    return replace(state, is_known=True) if isinstance(fact, Known) else replace(state, is_sent=True)


def _owed(state: Promise) -> tuple[SendStatement, ...]:
    ready = state.is_known and len(state.deposits) >= 2 and not state.is_sent
    return (SendStatement(state.ref, datetime.min.replace(tzinfo=UTC)),) if ready else ()


statement: Saga[Any, Promise, SendStatement] = Saga(
    "statement_is_sent", Promise(), _remember, _owed, lambda state: state.is_sent
)
HEARD = f"""CREATE TABLE IF NOT EXISTS heard(
  subject TEXT NOT NULL, sequence INTEGER NOT NULL,
  amount_vnd INTEGER NOT NULL CHECK (amount_vnd < {LARGEST_NOTED_VND}))"""


def _heard_row(data: Paid, envelope: Envelope) -> tuple[Statement, ...]:
    sql = "INSERT INTO heard VALUES(:subject, :sequence, :amount_vnd)"
    params = {"subject": envelope.subject, "sequence": envelope.sequence, "amount_vnd": data.amount_vnd}
    return (Statement(sql, params),)


def _stream(command: Any) -> str:
    return f"ledger-{command.ref}"


AUDIT = Service(
    name=NAME,
    events=(DepositNoted, LedgerShut, LedgerOpened, StatementSent),
    streams={"ledger": ledger},
    routes={kind: Route(ledger, _stream) for kind in (NoteDeposit, ShutLedger, OpenLedger, SendStatement)},
    hears=(Hearing(PAID_IN, Paid, lambda data, heard: (NoteDeposit(data.ref, data.amount_vnd, heard.now),)),),
    sagas=(
        SagaRoute(
            statement,
            (
                Hearing(OPENED, Opened, lambda data, heard: (Known(data.ref),)),
                Hearing(PAID_IN, Paid, lambda data, heard: (Deposited(data.ref, heard.envelope.sequence),)),
            ),
            {StatementSent: lambda event: Sent(event.ref)},
            (Known, Deposited, Sent),
        ),
    ),
    projections=(Projection("heard", (HEARD,), heard={PAID_IN: (Paid, _heard_row)}),),
)
