"""The savings desk put together: a service with everything a service can have, for tests of the running gear."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chassis.service import Projection, Route, SagaRoute, Service
from chassis.stores.store import Statement
from chassis.unit import Unit
from chassis.web.refs import codes_projection
from kernel.message import CancelTimer, PublicEvent, Timer
from kernel.refusal import Refused
from tests.chassis.savings import (
    TILL_SHUT,
    AccountClosed,
    AccountDormant,
    AccountOpened,
    CloseAccount,
    MarkDormant,
    NumberTaken,
    OpenAccount,
    OpenTill,
    Owed,
    PaidIn,
    PaidInPublic,
    PaidOut,
    PayIn,
    PayOut,
    PayRemainder,
    RemainderPaid,
    Settled,
    ShutTill,
    TakeNumber,
    TillClosed,
    TillOpened,
    Transfer,
    account,
    numbers,
    remainder,
    till,
)

NAME = "savings"
RECEIPTS = "receipts"
DORMANT_AFTER = timedelta(days=30)
LARGEST_BALANCE_VND = 1_000_000_000
"""The read model's table takes no larger one: how the tests make a store refuse a row."""


def _numbered(command: OpenAccount, unit: Unit) -> OpenAccount | Refused:
    if unit.state(f"account-{command.ref}")[0].ref:
        return command
    taken = unit.run(TakeNumber(command.agency, command.ref))
    assert not isinstance(taken, Refused)
    return replace(command, code=f"{command.agency}-{taken[0].number:04d}")


def _at_open_till(command: PayRemainder, unit: Unit) -> PayRemainder | Refused:
    """Take a receipt's number first, so that a refusal has something to take back."""
    unit.run(TakeNumber(RECEIPTS, command.ref))
    return Refused(TILL_SHUT) if unit.state("till-main")[0].is_shut else command


def _other_side(command: Transfer, events: tuple[Any, ...]) -> tuple[PayIn, ...]:
    return tuple(PayIn(command.to, paid.amount_vnd, command.slip, command.now) for paid in events)


def publish(event: Any) -> PublicEvent | None:
    match event:
        case AccountOpened(ref) | AccountClosed(ref):
            return PublicEvent(type(event).__name__, 1, ref, ref, event)
        case PaidIn(ref, amount):
            return PublicEvent("PaidIn", 1, ref, ref, PaidInPublic(ref, amount))
    return None


def timers(event: Any) -> tuple[Timer | CancelTimer, ...]:
    match event:
        case AccountOpened(ref) | PaidIn(ref) | PaidOut(ref):
            return (Timer(f"dormant-{ref}", event.at + DORMANT_AFTER, MarkDormant(ref, event.at)),)
        case AccountClosed(ref):
            return (CancelTimer(f"dormant-{ref}"),)
    return ()


TABLE = f"""CREATE TABLE IF NOT EXISTS accounts(
  ref TEXT PRIMARY KEY, applicant TEXT NOT NULL, submitter TEXT NOT NULL, receiving_agency TEXT NOT NULL,
  agencies TEXT NOT NULL, agency TEXT NOT NULL, procedure TEXT NOT NULL,
  balance_vnd INTEGER NOT NULL CHECK (balance_vnd < {LARGEST_BALANCE_VND}))"""


def _opened_row(event: AccountOpened) -> tuple[Statement, ...]:
    sql = "INSERT INTO accounts VALUES(:ref, :owner, :owner, :agency, :agencies, :agency, 'savings', 0)"
    params = {"ref": event.ref, "owner": event.owner, "agency": event.agency, "agencies": f" {event.agency} "}
    return (Statement(sql, params),)


def _balance_row(event: PaidIn | PaidOut) -> tuple[Statement, ...]:
    sql = "UPDATE accounts SET balance_vnd=:balance_vnd WHERE ref=:ref"
    return (Statement(sql, {"ref": event.ref, "balance_vnd": event.balance_vnd}),)


NUMBERS = "CREATE TABLE IF NOT EXISTS numbers(agency TEXT NOT NULL, number INTEGER NOT NULL, ref TEXT NOT NULL)"


def _number_row(event: NumberTaken) -> tuple[Statement, ...]:
    params = {"agency": event.agency, "number": event.number, "ref": event.ref}
    return (Statement("INSERT INTO numbers VALUES(:agency, :number, :ref)", params),)


number_rows = Projection("numbers", (NUMBERS,), {NumberTaken: _number_row})
accounts = Projection("accounts", (TABLE,), {AccountOpened: _opened_row, PaidIn: _balance_row, PaidOut: _balance_row})


def _account_stream(command: Any) -> str:
    return f"account-{command.ref}"


PLAIN = Route(account, _account_stream)
SAVINGS = Service(
    name=NAME,
    events=(
        AccountOpened, PaidIn, PaidOut, AccountClosed, RemainderPaid, AccountDormant, NumberTaken, TillOpened,
        TillClosed,
    ),
    streams={"account": account, "numbers": numbers, "till": till},
    routes={
        OpenAccount: Route(account, _account_stream, prepare=_numbered),
        PayIn: PLAIN,
        PayOut: PLAIN,
        Transfer: Route(account, _account_stream, then=_other_side),
        CloseAccount: PLAIN,
        MarkDormant: PLAIN,
        PayRemainder: Route(account, _account_stream, prepare=_at_open_till),
        TakeNumber: Route(numbers, lambda command: f"numbers-{command.agency}"),
        OpenTill: Route(till, lambda command: "till-main"),
        ShutTill: Route(till, lambda command: "till-main"),
    },
    publish=publish,
    published=(("AccountOpened", 1, AccountOpened), ("PaidIn", 1, PaidInPublic), ("AccountClosed", 1, AccountClosed)),
    sagas=(
        SagaRoute(
            remainder,
            (),
            {
                AccountClosed: lambda event: Owed(event.ref, event.remainder_vnd),
                RemainderPaid: lambda event: Settled(event.ref),
            },
            (Owed, Settled),
        ),
    ),
    timers=timers,
    timer_commands=(MarkDormant,),
    projections=(accounts, number_rows, codes_projection({AccountOpened: object()})),
)  # fmt: skip
