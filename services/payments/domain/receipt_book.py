"""One agency's receipts of one serial and year: numbered 1, 2, 3 … without a gap and without a repeat.

Law: NĐ 254/2026/NĐ-CP (template, serial symbol, number of at most 8 digits restarting on 1 January; before 2026-07-01
NĐ 123/2020/NĐ-CP). A number is only offered until the settlement that takes it is stored; both are one transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from kernel.decider import Decider
from kernel.refusal import Invalid, Refused
from services.payments.domain import rules

TEMPLATE = "01BLP0-001"
TREASURY_TEMPLATE = "C1-02/NS"
"""Assumed: the form of a payment into the state budget, which a tax notice is paid with."""
NUMBER_LIMIT = 99_999_999
PRINTED_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Receipt:
    """One numbered receipt (biên lai) of the book of an agency, a serial and a year."""

    agency: str
    serial: str
    year: int
    number: int
    template: str = TEMPLATE

    def __str__(self) -> str:
        return printed(self.template, self.serial, self.number)


def printed(template: str, serial: str, number: int) -> str:
    """Return a receipt's symbols and number as they stand on it: `01BLP0-001 BL-26E 0000001`."""
    return f"{template} {serial} {number:0{PRINTED_DIGITS}d}"


def serial_of(letters: str, year: int) -> str:
    """Return the serial symbol of an electronic book: `BL-26E`."""
    return f"{letters}-{year % 100:02d}E"


# --- commands ---


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueReceipt:
    """Give the offered `receipt` to dossier `ref`; `step` as in the settlement."""

    ref: str
    receipt: Receipt
    total_vnd: int
    step: str = ""
    actor: str
    now: datetime


Command = IssueReceipt


# --- events ---


@dataclass(frozen=True, slots=True)
class ReceiptIssued:
    """Receipt `number` of the book went to a dossier; `total_vnd` may be zero."""

    ref: str
    agency: str
    template: str
    serial: str
    year: int
    number: int
    total_vnd: int
    at: datetime
    step: str = ""


Event = ReceiptIssued


# --- state ---


@dataclass(frozen=True, slots=True)
class ReceiptBook:
    """How far the book is filled, and whose the last receipt is. Earlier ones need not be remembered to stay unique."""

    last_number: int = 0
    last_ref: str = ""
    last_step: str = ""


def next_receipt(book: ReceiptBook, agency: str, serial: str, year: int, template: str = TEMPLATE) -> Receipt:
    """Return the receipt that the next settlement may take."""
    return Receipt(agency, serial, year, book.last_number + 1, template)


def decide(command: Command, state: ReceiptBook) -> tuple[Event, ...] | Refused:
    match command:
        case IssueReceipt():
            return _issue(command, state)
        case _:
            assert_never(command)


def _issue(command: IssueReceipt, state: ReceiptBook) -> tuple[Event, ...] | Refused:
    receipt = command.receipt
    last = (state.last_number, state.last_ref, state.last_step)
    if (receipt.number, command.ref, command.step) == last:
        return ()
    if receipt.number != state.last_number + 1:
        return Refused(rules.RECEIPT_OUT_OF_TURN, (Invalid("number", f"the next one is {state.last_number + 1}"),))
    if receipt.number > NUMBER_LIMIT:
        return Refused(rules.RECEIPT_BOOK_FULL, (Invalid("number", f"{receipt.serial} ends with {NUMBER_LIMIT}"),))
    return (
        ReceiptIssued(
            ref=command.ref,
            agency=receipt.agency,
            template=receipt.template,
            serial=receipt.serial,
            year=receipt.year,
            number=receipt.number,
            total_vnd=command.total_vnd,
            at=command.now,
            step=command.step,
        ),
    )


def evolve(state: ReceiptBook, event: Event) -> ReceiptBook:
    match event:
        case ReceiptIssued(ref=ref, number=number, step=step):
            return ReceiptBook(number, ref, step)
        case _:
            assert_never(event)


decider: Decider[Command, ReceiptBook, Event] = Decider(ReceiptBook(), decide, evolve)
