"""The table of contents of payments, put together from the parts it is given."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, get_args

from chassis.executor import Job
from chassis.service import Invariant, Parts, Route, Service
from chassis.settings import Settings
from chassis.stores.store import Store
from chassis.unit import Unit
from chassis.web.acts import Border
from chassis.web.refs import codes_projection
from kernel.calendar import VIETNAM
from services.payments.api import LISTINGS, acts, views
from services.payments.domain import attempt, attempt_words, callback, dues, obligation_words, receipt_book
from services.payments.domain.attempt_words import (
    AskGateway,
    ExpireAttempt,
    RecordOutcome,
    RecordSilence,
    StartAttempt,
)
from services.payments.domain.callback import KeepCallback
from services.payments.domain.dues import Dues, chosen
from services.payments.domain.invariants import (
    forgotten_payments,
    unbalanced_bookings,
    wrong_balances,
    wrong_receipts,
)
from services.payments.domain.obligation_state import Obligation
from services.payments.domain.obligation_words import (
    Assessment,
    CancelNotices,
    CancelObligation,
    ObligationRaised,
    PayAtDesk,
    RaiseNotice,
    RaiseObligation,
    RecordRefund,
    TakePayment,
)
from services.payments.domain.receipt_book import (
    TEMPLATE,
    TREASURY_TEMPLATE,
    IssueReceipt,
    Receipt,
    ReceiptBook,
    next_receipt,
    serial_of,
)
from services.payments.domain.reconciliation import Booked as Booked
from services.payments.domain.reconciliation import Difference as Difference
from services.payments.domain.reconciliation import SettlementUnreadable as SettlementUnreadable
from services.payments.domain.reconciliation import differences as differences
from services.payments.domain.settlement import after_attempt, after_obligation
from services.payments.domain.streams import (
    attempt_stream,
    book_of,
    callback_stream,
    obligation_stream,
    receipts_stream,
)
from services.payments.gateways.callbacks import receive
from services.payments.gateways.gateway import Unverified
from services.payments.gateways.inquirer import inquirer, over_http
from services.payments.gateways.notices import NOTICES, notices
from services.payments.gateways.sandbox import PAY_PAGE, Sandbox
from services.payments.gateways.settlement_file import read_settlement as read_settlement
from services.payments.gateways.vnpay import Vnpay
from services.payments.gateways.vnpay_simulator import Ending, Misbehaviour, VnpaySimulator
from services.payments.policies import HEARS, timers
from services.payments.projections.obligations import obligations
from services.payments.projections.open_matters import open_matters
from services.payments.projections.payments import payments
from services.payments.publishing import PUBLISHED, StoredEvent, publish

RECEIPT_LETTERS: Final = "BL"
"""Assumed: each collecting agency registers its own two letters of the serial symbol with the tax office."""
TREASURY_LETTERS: Final = "NS"
"""Assumed: what is paid into the state budget is numbered in a book of its own."""

INVARIANTS: Final = (
    Invariant("bookings", "every booking sums to zero, and so do all accounts together", unbalanced_bookings),
    Invariant("balances", "every account holds what is still open, and none less than nothing", wrong_balances),
    Invariant(
        "payments", "nothing is paid and forgotten: it settles what is owed, or is owed back", forgotten_payments
    ),
    Invariant("receipts", "receipts are numbered without a gap, and every settlement has its own", wrong_receipts),
)


class SecretMissing(ValueError):
    """A real pay page is configured with the secret that everybody knows."""


def terminal(settings: Settings) -> Vnpay:
    """Return our terminal at VNPAY, or at the bundled simulator where no pay page is configured.

    Raises:
        SecretMissing: a real pay page, and the simulator's secret: anybody could sign notices.
    """
    if settings.vnpay_pay_url and settings.vnpay_secret == Settings().vnpay_secret:
        raise SecretMissing("LIENTHONG_VNPAY_PAY_URL is set: set LIENTHONG_VNPAY_SECRET to the secret VNPAY issued")
    pay_page = settings.vnpay_pay_url or f"{settings.public_url}{PAY_PAGE}"
    return Vnpay(tmn_code=settings.vnpay_terminal, secret=settings.vnpay_secret, pay_page=pay_page)


def offered_receipt(unit: Unit, agency: str, of_tax: bool = False) -> Receipt:
    """Return the next number of the agency's book of this year in Vietnam."""
    letters, template = (TREASURY_LETTERS, TREASURY_TEMPLATE) if of_tax else (RECEIPT_LETTERS, TEMPLATE)
    year = unit.now.astimezone(VIETNAM).year
    serial = serial_of(letters, year)
    book: ReceiptBook = unit.state(receipts_stream(agency, serial, year))[0]
    return next_receipt(book, agency, serial, year, template)


def _dues(unit: Unit, ref: str) -> Dues:
    state: Dues = unit.state(obligation_stream(ref))[0]
    return state


def assessed_by(parts: Parts) -> Callable[[RaiseObligation, Unit], RaiseObligation]:
    """Return what looks up the fee rule of the procedure version that the dossier is pinned to."""

    def prepare(command: RaiseObligation, unit: Unit) -> RaiseObligation:
        rule = parts.registry.procedure(command.procedure, command.procedure_version).fee_rule
        assessment = Assessment(
            rule=parts.registry.fee_rule(rule) if rule is not None else None,
            day=command.accepted_at.astimezone(VIETNAM).date(),
            receipt=offered_receipt(unit, command.receiving_agency),
        )
        return replace(command, assessment=assessment)

    return prepare


def offered(command: TakePayment | PayAtDesk, unit: Unit) -> TakePayment | PayAtDesk:
    """Offer a receipt where the money can settle something."""
    meant = chosen(_dues(unit, command.ref), command.step)
    if not isinstance(meant, Obligation) or meant.standing != "open":
        return command
    return replace(command, receipt=offered_receipt(unit, meant.book, of_tax=bool(meant.step)))


def offered_by_tax(command: RaiseNotice, unit: Unit) -> RaiseNotice:
    """Offer a receipt over nothing, for a corrected notice that earlier payments cover."""
    return replace(command, receipt=offered_receipt(unit, command.agency, of_tax=True))


def owing(command: StartAttempt, unit: Unit) -> StartAttempt:
    """Look again at what is owed, in the transaction that begins the attempt."""
    return replace(command, dues=_dues(unit, command.ref))


def _of_dossier(command: obligation_words.Command) -> str:
    return obligation_stream(command.ref)


def _of_attempt(command: attempt_words.Command) -> str:
    return attempt_stream(command.txn_ref)


def _open_matters(gateway: Vnpay, parts: Parts) -> Callable[[Store, str], tuple[str, ...]]:
    """Return what looks for open matters of a person; the gateway, under whose key its notices are, always has one."""

    def of(store: Store, person: str) -> tuple[str, ...]:
        if person in parts.vault.find("gateway", gateway.name):
            return ("notices of the gateway are kept under this key",)
        return open_matters(store, person)

    return of


def service(parts: Parts) -> Service:
    """Return payments, to be run on `parts`."""
    vnpay = terminal(parts.settings)
    simulated = not parts.settings.vnpay_pay_url
    simulator = VnpaySimulator(vnpay)
    sandbox = Sandbox(simulator, parts.clock, f"{parts.settings.public_url}{NOTICES}")
    wire = simulator.wire(parts.clock) if simulated else over_http(parts.settings.vnpay_inquiry_url)
    return Service(
        name="payments",
        open_matters=_open_matters(vnpay, parts),
        events=get_args(StoredEvent),
        streams={
            "obligation": dues.decider,
            "attempt": attempt.decider,
            "receipts": receipt_book.decider,
            "callback": callback.decider,
        },
        routes={
            RaiseObligation: Route(dues.decider, _of_dossier, assessed_by(parts), after_obligation),
            RaiseNotice: Route(dues.decider, _of_dossier, offered_by_tax, after_obligation),
            TakePayment: Route(dues.decider, _of_dossier, offered, after_obligation),
            PayAtDesk: Route(dues.decider, _of_dossier, offered, after_obligation),
            CancelObligation: Route(dues.decider, _of_dossier),
            CancelNotices: Route(dues.decider, _of_dossier),
            RecordRefund: Route(dues.decider, _of_dossier),
            StartAttempt: Route(attempt.decider, _of_attempt, owing),
            RecordOutcome: Route(attempt.decider, _of_attempt, then=after_attempt),
            ExpireAttempt: Route(attempt.decider, _of_attempt),
            AskGateway: Route(attempt.decider, _of_attempt),
            RecordSilence: Route(attempt.decider, _of_attempt),
            IssueReceipt: Route(receipt_book.decider, lambda command: book_of(command.receipt)),
            KeepCallback: Route(callback.decider, lambda command: callback_stream(command.ref)),
        },
        publish=publish,
        published=PUBLISHED,
        hears=HEARS,
        timers=timers,
        timer_commands=(ExpireAttempt, AskGateway),
        projections=(obligations, payments, codes_projection({ObligationRaised: None})),
        acts=acts(vnpay, parts.settings.public_url),
        views=views(parts.vault),
        listings=LISTINGS,
        extra_routes=(notices(vnpay, parts.vault), *(sandbox.routes() if simulated else ())),
        invariants=INVARIANTS,
        asks_outside=inquirer(vnpay, wire, parts.vault),
    )


def pay_without_http(
    parts: Parts, border: Border, pay_url: str, ending: Ending = "succeeded", misbehaviour: Misbehaviour = "none"
) -> tuple[Job, ...]:
    """Do at the simulator what a payer does, and hand its notices in at the border, for players that use no HTTP.

    Returns:
        the jobs submitted, in order; each has its answer once the lane has turned.

    Raises:
        ValueError: the pay address is not one of ours, or its time is over.
    """
    vnpay = terminal(parts.settings)
    simulator, now = VnpaySimulator(vnpay), border.clock.now()
    page = simulator.opened(pay_url)
    if isinstance(page, Unverified):
        raise ValueError(f"no pay address of ours: {page.detail}")
    if simulator.is_closed(page, misbehaviour, now):
        raise ValueError(f"the time for paying {page.txn_ref} is over")
    sent = simulator.notices(page, ending, misbehaviour, now)
    jobs = tuple(job for notice in sent for job in receive(vnpay, parts.vault, notice, now))
    for job in jobs:
        border.submit(job)
    return jobs
