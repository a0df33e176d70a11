"""VNPAY as it is on the wire, without a bank behind it: for rehearsal, tests and a hand in the browser.

It verifies the pay address, signs its notices and answers inquiries as VNPAY does, and can be told to misbehave. A
restart loses nothing that its notices need: the pay address says it all, and the transaction number follows from it.
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args
from urllib.parse import urlsplit

from chassis.clock import Clock
from kernel.calendar import VIETNAM
from services.payments.gateways.gateway import Unreachable, Unverified, Wire
from services.payments.gateways.settlement_file import COLUMNS
from services.payments.gateways.vnpay import (
    CANCELLED_BY_CUSTOMER,
    HASH,
    INQUIRY_ANSWER_FIELDS,
    INQUIRY_FIELDS,
    MINOR_UNITS_PER_VND,
    NOT_FOUND,
    OK,
    UNFINISHED,
    Vnpay,
    form_encoded,
    is_signed,
    piped,
    received,
    sign,
    vnp_date,
)

Ending = Literal["succeeded", "failed", "cancelled_by_payer"]
Misbehaviour = Literal["none", "late", "twice", "out_of_order", "wrong_amount", "wrong_signature", "silent", "deaf"]
"""`deaf` is silent, and does not answer inquiries about this payment either."""
ENDINGS: tuple[Ending, ...] = get_args(Ending)
MISBEHAVIOURS: tuple[Misbehaviour, ...] = get_args(Misbehaviour)

INSUFFICIENT_FUNDS = "51"
STATUS_FAILED = "02"
CODES: Mapping[Ending, tuple[str, str]] = {
    "succeeded": (OK, OK),
    "failed": (INSUFFICIENT_FUNDS, STATUS_FAILED),
    "cancelled_by_payer": (CANCELLED_BY_CUSTOMER, STATUS_FAILED),
}
TRANSACTION_NO_DIGITS = 14
PAYMENTS_REMEMBERED = 10_000
BAD_SIGNATURE = "97"


@dataclass(frozen=True, slots=True)
class PayPage:
    """What the payer is shown: a pay address that the merchant signed."""

    values: Mapping[str, str]

    @property
    def txn_ref(self) -> str:
        return self.values["vnp_TxnRef"]

    @property
    def expires_at(self) -> datetime:
        return datetime.strptime(self.values["vnp_ExpireDate"], "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)

    @property
    def transaction_no(self) -> str:
        """The number a payment of this attempt has: the same one after a restart, and however often it is asked for."""
        digest = hashlib.sha256(self.txn_ref.encode()).digest()
        return str(int.from_bytes(digest) % 10**TRANSACTION_NO_DIGITS).zfill(TRANSACTION_NO_DIGITS)


@dataclass(frozen=True, slots=True)
class Bank:
    """What a simulated bank remembers of payments, the oldest forgotten first: it serves inquiries and settlement."""

    paid: dict[str, Mapping[str, str]]
    deaf: set[str]

    def remember(self, txn_ref: str, said: Mapping[str, str], deaf: bool) -> None:
        while len(self.paid) >= PAYMENTS_REMEMBERED:
            forgotten = next(iter(self.paid))
            del self.paid[forgotten]
            self.deaf.discard(forgotten)
        self.paid[txn_ref] = said
        (self.deaf.add if deaf else self.deaf.discard)(txn_ref)


THE_BANK = Bank({}, set())
"""The one behind every simulator of a process; transaction references are never used twice, so nothing meets in it."""


class VnpaySimulator:
    """The other side of one `Vnpay` terminal. What its bank remembers only serves inquiries and settlement."""

    def __init__(self, terminal: Vnpay, bank: Bank = THE_BANK) -> None:
        self.terminal = terminal
        self._bank = bank

    def opened(self, pay_url: str) -> PayPage | Unverified:
        """Read a pay address as VNPAY does when the payer's browser comes with it."""
        try:
            message = received(urlsplit(pay_url).query.encode())
        except ValueError:
            return Unverified("form", "not an address")
        if isinstance(message, Unverified):
            return message
        values = message.values
        if not is_signed(self.terminal.secret, message.signed_text, values.get(HASH, "")):
            return Unverified("signature", "does not fit the pay address")
        needed = {"vnp_TxnRef", "vnp_Amount", "vnp_ExpireDate", "vnp_CreateDate", "vnp_ReturnUrl"}
        if values.get("vnp_TmnCode") != self.terminal.tmn_code or not needed <= values.keys():
            return Unverified("form", "not a pay address of this terminal")
        return PayPage(values)

    def is_closed(self, page: PayPage, misbehaviour: Misbehaviour, now: datetime) -> bool:
        """Say whether the time for paying is over; a late notice tells of a payment made while it was not."""
        return now > page.expires_at and misbehaviour != "late"

    def notices(
        self, page: PayPage, ending: Ending, misbehaviour: Misbehaviour, now: datetime
    ) -> tuple[bytes, ...]:  # fmt: skip
        """Let the payment end so, and return the notices that VNPAY then sends, in the order in which they arrive."""
        paid_at = min(now, page.expires_at - timedelta(seconds=1)) if misbehaviour == "late" else now
        final = self._said(page, *CODES[ending], paid_at)
        self._bank.remember(page.txn_ref, final, misbehaviour == "deaf")
        match misbehaviour:
            case "silent" | "deaf":
                return ()
            case "twice":
                return self._signed(final), self._signed(final)
            case "out_of_order":
                return self._signed(final), self._signed(self._said(page, OK, UNFINISHED, paid_at))
            case "wrong_amount":
                return (self._signed({**final, "vnp_Amount": str(int(final["vnp_Amount"]) + 100)}),)
            case "wrong_signature":
                return (self._signed(final, secret=f"not {self.terminal.secret}"),)
            case "none" | "late":
                return (self._signed(final),)

    def return_url(self, page: PayPage, ending: Ending, now: datetime) -> str:
        """Return where the payer's browser goes afterwards, with VNPAY's signed word of how it ended."""
        address = page.values["vnp_ReturnUrl"]
        said = self._signed(self._said(page, *CODES[ending], now)).decode()
        return f"{address}{'&' if '?' in address else '?'}{said}"

    def answer_inquiry(self, question: Mapping[str, str], now: datetime) -> dict[str, str]:
        """Answer `querydr` about a payment made since the last restart."""
        answer = {"vnp_ResponseId": question.get("vnp_RequestId", ""), "vnp_Command": "querydr"}
        answer |= {"vnp_TmnCode": self.terminal.tmn_code, "vnp_TxnRef": question.get("vnp_TxnRef", "")}
        known = self._bank.paid.get(question.get("vnp_TxnRef", ""))
        if not is_signed(self.terminal.secret, piped(INQUIRY_FIELDS, question), question.get(HASH, "")):
            answer |= {"vnp_ResponseCode": BAD_SIGNATURE, "vnp_Message": "Invalid checksum"}
        elif known is None:
            answer |= {"vnp_ResponseCode": NOT_FOUND, "vnp_Message": "Transaction not found"}
        else:
            answer |= known
            answer |= {"vnp_ResponseCode": OK, "vnp_Message": "OK", "vnp_TransactionType": "01"}
        return answer | {HASH: sign(self.terminal.secret, piped(INQUIRY_ANSWER_FIELDS, answer))}

    def wire(self, clock: Clock) -> Wire:
        """Return what carries inquiries to this simulator inside the process, in its wire format."""

        def ask(raw: bytes) -> "Future[bytes]":
            question, answered = json.loads(raw), Future[bytes]()
            if question.get("vnp_TxnRef") in self._bank.deaf:
                answered.set_exception(Unreachable("the simulator was told to be deaf"))
            else:
                answered.set_result(json.dumps(self.answer_inquiry(question, clock.now())).encode())
            return answered

        return ask

    def settlement(self, day: date) -> str:
        """Return the settlement file of a day in Vietnam: what was paid through this terminal, as CSV."""
        written = io.StringIO()
        rows = csv.writer(written, lineterminator="\n")
        rows.writerow(COLUMNS)
        for txn_ref, said in self._bank.paid.items():
            paid = said["vnp_TmnCode"] == self.terminal.tmn_code and said["vnp_TransactionStatus"] == OK
            if paid and said["vnp_PayDate"].startswith(f"{day:%Y%m%d}"):
                amount_vnd = int(said["vnp_Amount"]) // MINOR_UNITS_PER_VND
                paid_at = datetime.strptime(said["vnp_PayDate"], "%Y%m%d%H%M%S")
                rows.writerow((txn_ref, said["vnp_TransactionNo"], amount_vnd, paid_at.isoformat()))
        return written.getvalue()

    def _said(self, page: PayPage, code: str, status: str, at: datetime) -> dict[str, str]:
        values = {
            "vnp_Amount": page.values["vnp_Amount"],
            "vnp_BankCode": "NCB",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": page.values.get("vnp_OrderInfo", ""),
            "vnp_PayDate": vnp_date(at),
            "vnp_ResponseCode": code,
            "vnp_TmnCode": self.terminal.tmn_code,
            "vnp_TransactionNo": page.transaction_no if code == OK else "0",
            "vnp_TransactionStatus": status,
            "vnp_TxnRef": page.txn_ref,
        }
        return values | ({"vnp_BankTranNo": f"NCB{page.transaction_no}"} if (code, status) == (OK, OK) else {})

    def _signed(self, values: Mapping[str, str], secret: str = "") -> bytes:
        text = form_encoded(values)
        return f"{text}&{HASH}={sign(secret or self.terminal.secret, text)}".encode()
