"""What a savings desk decides: accounts, their numbers, a till, and a saga; a sample for tests of the running gear."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from kernel.decider import Decider
from kernel.refusal import HOUSE_RULE, Refused, Rule
from kernel.saga import Saga

POISON = "poison"
"""A slip that makes `MarkDormant` raise: a defect, planted."""

NO_ACCOUNT = Rule("no_account", HOUSE_RULE, "Không có sổ này.", "There is no such account.")
CLOSED = Rule("account_closed", HOUSE_RULE, "Sổ đã đóng.", "The account is closed.")
OVERDRAWN = Rule("overdrawn", HOUSE_RULE, "Số dư không đủ.", "The balance does not cover it.")
TILL_SHUT = Rule("till_shut", HOUSE_RULE, "Quầy đã đóng.", "The till is shut.")


@dataclass(frozen=True, slots=True)
class OpenAccount:
    ref: str
    owner: str
    agency: str
    now: datetime
    holder: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class PayIn:
    ref: str
    amount_vnd: int
    slip: str
    now: datetime


@dataclass(frozen=True, slots=True)
class PayOut:
    ref: str
    amount_vnd: int
    slip: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Transfer:
    """Paid out of one account and, in the same transaction, into another."""

    ref: str
    to: str
    amount_vnd: int
    slip: str
    now: datetime


@dataclass(frozen=True, slots=True)
class CloseAccount:
    ref: str
    now: datetime


@dataclass(frozen=True, slots=True)
class PayRemainder:
    ref: str
    amount_vnd: int
    now: datetime


@dataclass(frozen=True, slots=True)
class MarkDormant:
    ref: str
    now: datetime


@dataclass(frozen=True, slots=True)
class TakeNumber:
    agency: str
    ref: str


@dataclass(frozen=True, slots=True)
class OpenTill:
    now: datetime


@dataclass(frozen=True, slots=True)
class ShutTill:
    now: datetime


@dataclass(frozen=True, slots=True)
class AccountOpened:
    ref: str
    owner: str
    agency: str
    code: str
    holder: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaidIn:
    ref: str
    amount_vnd: int
    balance_vnd: int
    slip: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaidOut:
    ref: str
    amount_vnd: int
    balance_vnd: int
    slip: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountClosed:
    ref: str
    remainder_vnd: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RemainderPaid:
    ref: str
    amount_vnd: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountDormant:
    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NumberTaken:
    agency: str
    ref: str
    number: int


@dataclass(frozen=True, slots=True)
class TillOpened:
    at: datetime


@dataclass(frozen=True, slots=True)
class TillClosed:
    at: datetime


@dataclass(frozen=True, slots=True)
class PaidInPublic:
    """What others may know of a payment: not the slip."""

    ref: str
    amount_vnd: int


@dataclass(frozen=True, slots=True)
class Account:
    ref: str = ""
    owner: str = ""
    agency: str = ""
    balance_vnd: int = 0
    slips: tuple[str, ...] = ()
    is_closed: bool = False
    is_dormant: bool = False
    remainder_paid: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Till:
    is_shut: bool = False


def _decide(command: Any, state: Account) -> tuple[Any, ...] | Refused:
    match command:
        case OpenAccount(ref, owner, agency, now, holder, code):
            return () if state.ref else (AccountOpened(ref, owner, agency, code, holder, now),)
        case _ if not state.ref:
            return Refused(NO_ACCOUNT)
        case MarkDormant(ref, now):
            assert POISON not in state.slips, "a planted defect"
            return () if state.is_dormant or state.is_closed else (AccountDormant(ref, now),)
        case PayRemainder(ref, amount, now):
            return () if state.remainder_paid else (RemainderPaid(ref, amount, now),)
        case CloseAccount(ref, now):
            return () if state.is_closed else (AccountClosed(ref, state.balance_vnd, now),)
        case PayIn() | PayOut() | Transfer() if command.slip in state.slips:
            return ()
        case _ if state.is_closed:
            return Refused(CLOSED)
        case PayIn(ref, amount, slip, now):
            assert amount > 0, "a planted defect: the border lets no other amount in"
            return (PaidIn(ref, amount, state.balance_vnd + amount, slip, now),)
        case PayOut(ref, amount, slip, now) | Transfer(ref, _, amount, slip, now):
            if amount > state.balance_vnd:
                return Refused(OVERDRAWN)
            return (PaidOut(ref, amount, state.balance_vnd - amount, slip, now),)
    raise AssertionError(command)


def _evolve(state: Account, event: Any) -> Account:
    match event:
        case AccountOpened(ref, owner, agency):
            return Account(ref, owner, agency)
        case PaidIn() | PaidOut():
            return replace(state, balance_vnd=event.balance_vnd, slips=(*state.slips, event.slip), is_dormant=False)
        case AccountClosed():
            return replace(state, is_closed=True)
        case AccountDormant():
            return replace(state, is_dormant=True)
        case RemainderPaid():
            return replace(state, balance_vnd=0, remainder_paid=True)
    return state


def _take_number(command: TakeNumber, state: Numbers) -> tuple[NumberTaken, ...]:
    return () if command.ref in state.taken else (NumberTaken(command.agency, command.ref, len(state.taken) + 1),)


def _turn_till(command: OpenTill | ShutTill, state: Till) -> tuple[Any, ...]:
    if isinstance(command, ShutTill):
        return () if state.is_shut else (TillClosed(command.now),)
    return (TillOpened(command.now),) if state.is_shut else ()


account = Decider(Account(), _decide, _evolve)
numbers = Decider(Numbers(), _take_number, lambda state, event: Numbers((*state.taken, event.ref)))
till = Decider(Till(), _turn_till, lambda state, event: Till(isinstance(event, TillClosed)))


@dataclass(frozen=True, slots=True)
class Owed:
    """Fact: this much is left in a closed account."""

    ref: str
    amount_vnd: int


@dataclass(frozen=True, slots=True)
class Settled:
    """Fact: the remainder was paid."""

    ref: str


@dataclass(frozen=True, slots=True)
class Remainder:
    ref: str = ""
    amount_vnd: int = 0
    is_settled: bool = False


def _hear(state: Remainder, fact: Owed | Settled) -> Remainder:
    if isinstance(fact, Settled):
        return replace(state, ref=fact.ref, is_settled=True)
    return replace(state, ref=fact.ref, amount_vnd=fact.amount_vnd)


def _owed(state: Remainder) -> tuple[PayRemainder, ...]:
    never = datetime.min.replace(tzinfo=UTC)
    return (PayRemainder(state.ref, state.amount_vnd, never),) if state.amount_vnd and not state.is_settled else ()


remainder: Saga[Any, Remainder, PayRemainder] = Saga(
    "remainder_is_paid", Remainder(), _hear, _owed, lambda state: state.is_settled
)
