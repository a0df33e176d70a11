"""VNPAY 2.1.0 on the wire: the signed pay address, the IPN read from the pairs as received, and the IPN's answers.

Source: VNPAY's integration page and public vectors (`tests/payments/vnpay_vectors.json`). Amounts travel as VND × 100,
instants as yyyyMMddHHmmss in Vietnam; both exist only here.
"""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote_plus, unquote_plus

from kernel.calendar import VIETNAM
from kernel.refusal import Refused
from services.payments.domain.attempt_words import CURRENCY, Outcome
from services.payments.domain.obligation_words import GatewayName
from services.payments.domain.rules import AMOUNT_DIFFERS, ATTEMPT_UNKNOWN, OUTCOME_CONTRADICTED
from services.payments.gateways.gateway import (
    RAW_LIMIT_BYTES,
    Answer,
    Asked,
    Decision,
    Notice,
    PayRequest,
    Unpaid,
    Unverified,
)

VERSION = "2.1.0"
MINOR_UNITS_PER_VND = 100
PAYER_IP_UNTOLD = "127.0.0.1"
"""The field is mandatory; where the payer's browser is, VNPAY sees for itself and is not told by us."""
AMOUNT_LIMIT_DIGITS = 12
PURPOSE_LIMIT_CHARACTERS = 255
HASH = "vnp_SecureHash"
UNSIGNED = frozenset({HASH, "vnp_SecureHashType"})
OK, UNFINISHED, CANCELLED_BY_CUSTOMER, NOT_FOUND = "00", "01", "24", "91"

MESSAGES = {
    "00": "Confirm Success",
    "01": "Order not found",
    "02": "Order already confirmed",
    "04": "Invalid amount",
    "97": "Invalid checksum",
    "99": "Unknown error",
}
CODE_OF_REFUSAL = {ATTEMPT_UNKNOWN: "01", OUTCOME_CONTRADICTED: "02", AMOUNT_DIFFERS: "04"}

INQUIRY_FIELDS = (
    "RequestId", "Version", "Command", "TmnCode", "TxnRef", "TransactionDate", "CreateDate", "IpAddr", "OrderInfo",
)  # fmt: skip
INQUIRY_ANSWER_FIELDS = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate",
    "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount",
)  # fmt: skip

_PURPOSE = re.compile(r"[^A-Za-z0-9 .:-]+")
_DIGITS = re.compile(rf"[0-9]{{1,{AMOUNT_LIMIT_DIGITS}}}")


def sign(secret: str, text: str) -> str:
    """Return the HMAC-SHA512 of `text` in lower-case hex."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def is_signed(secret: str, text: str, signature: str) -> bool:
    """Compare in constant time; hex digits of either case are the same signature."""
    return hmac.compare_digest(sign(secret, text).encode(), signature.lower().encode())


def form_encoded(pairs: Mapping[str, str]) -> str:
    """Return `pairs` as VNPAY signs them: sorted by name, empty values left out, a space written `+`."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in sorted(pairs.items()) if value)


def piped(fields: Iterable[str], values: Mapping[str, str]) -> str:
    """Return the values of an inquiry in its fixed order, as VNPAY signs those."""
    return "|".join(values.get(f"vnp_{name}", "") for name in fields)


def vnp_date(instant: datetime) -> str:
    return f"{instant.astimezone(VIETNAM):%Y%m%d%H%M%S}"


def printable_purpose(text: str) -> str:
    """Reduce `text` to letters, digits and ` .:-`, on which all encoders agree: `Lệ phí` becomes `Le phi`."""
    plain = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore").decode()
    return " ".join(_PURPOSE.sub(" ", plain).split())[:PURPOSE_LIMIT_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Received:
    """The parameters of a message: decoded for reading, and the text that its sender must have signed."""

    values: Mapping[str, str]
    signed_text: str


def received(raw: bytes) -> Received | Unverified:
    """Take a query string apart without ever encoding it anew: the sender signed these bytes, not our spelling of them.

    Only `vnp_` names are the gateway's; anything else was added on the way and is neither signed nor read.
    """
    if len(raw) > RAW_LIMIT_BYTES:
        return Unverified("form", f"longer than {RAW_LIMIT_BYTES} bytes")
    try:
        pairs = [pair.partition("=") for pair in raw.decode("ascii").split("&") if pair]
        named = [(unquote_plus(name, errors="strict"), name, value) for name, _, value in pairs]
        ours = sorted((known, name, value) for known, name, value in named if known.startswith("vnp_") and value)
        values = {known: unquote_plus(value, errors="strict") for known, _, value in ours}
    except UnicodeDecodeError:
        return Unverified("form", "not form-encoded UTF-8")
    if len(values) != len(ours):
        return Unverified("form", "a parameter is given twice")
    return Received(values, "&".join(f"{name}={value}" for known, name, value in ours if known not in UNSIGNED))


@dataclass(frozen=True, slots=True)
class Vnpay:
    """One terminal (`tmn_code`) at VNPAY; `secret` signs in both directions and is never shown."""

    tmn_code: str
    secret: str = field(repr=False)
    pay_page: str
    name: GatewayName = "vnpay"
    limit_vnd: int = (10**AMOUNT_LIMIT_DIGITS - 1) // MINOR_UNITS_PER_VND

    def pay_url(self, request: PayRequest) -> str:
        signed = form_encoded(
            {
                "vnp_Version": VERSION,
                "vnp_Command": "pay",
                "vnp_TmnCode": self.tmn_code,
                "vnp_Amount": str(request.amount_vnd * MINOR_UNITS_PER_VND),
                "vnp_CurrCode": CURRENCY,
                "vnp_TxnRef": request.txn_ref,
                "vnp_OrderInfo": printable_purpose(request.purpose),
                "vnp_OrderType": "other",
                "vnp_CreateDate": vnp_date(request.started_at),
                "vnp_ExpireDate": vnp_date(request.expires_at),
                "vnp_IpAddr": PAYER_IP_UNTOLD,
                "vnp_Locale": "vn",
                "vnp_ReturnUrl": request.return_url,
            }
        )
        return f"{self.pay_page}?{signed}&{HASH}={sign(self.secret, signed)}"

    def read(self, raw: bytes) -> Notice | Unverified:
        message = received(raw)
        if isinstance(message, Unverified):
            return message
        values = message.values
        if not is_signed(self.secret, message.signed_text, values.get(HASH, "")):
            return Unverified("signature", "does not fit the parameters")
        if values.get("vnp_TmnCode") != self.tmn_code:
            return Unverified("form", "meant for another terminal")
        return self._notice(values)

    def _notice(self, values: Mapping[str, str]) -> Notice | Unverified:
        """Read verified values, of an IPN or of an inquiry's answer."""
        needed = ("vnp_TxnRef", "vnp_Amount", "vnp_ResponseCode", "vnp_TransactionStatus")
        absent = [name for name in needed if not values.get(name)]
        if absent:
            return Unverified("form", f"without {', '.join(absent)}")
        code, status = values["vnp_ResponseCode"], values["vnp_TransactionStatus"]
        return Notice(
            txn_ref=values["vnp_TxnRef"],
            outcome=_outcome(code, status),
            amount_vnd=_amount_vnd(values["vnp_Amount"]),
            currency=values.get("vnp_CurrCode", CURRENCY),
            response_code=code if code != OK else status,
            gateway_no=values.get("vnp_TransactionNo", ""),
        )

    def answer(self, said: Unverified | Decision) -> Answer:
        code = _code_of(said)
        body = json.dumps({"RspCode": code, "Message": MESSAGES[code]}).encode()
        return Answer(body, "application/json")

    def question(self, asked: Asked, now: datetime) -> bytes:
        request_id = f"{asked.txn_ref}{asked.number:03d}"
        return json.dumps(self.inquiry(request_id, asked.txn_ref, asked.started_at, now, PAYER_IP_UNTOLD)).encode()

    def read_answer(self, asked: Asked, raw: bytes) -> Notice | Unpaid | Unverified:
        try:
            content = json.loads(raw) if len(raw) <= RAW_LIMIT_BYTES else None
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            return Unverified("form", "not a JSON object")
        answer = {str(name): str(value) for name, value in content.items() if value is not None}
        if answer.get("vnp_TxnRef") != asked.txn_ref:
            return Unverified("form", "about another attempt")
        return self.read_inquiry_answer(answer)

    def inquiry(
        self, request_id: str, txn_ref: str, started_at: datetime, now: datetime, our_ip: str
    ) -> dict[str, str]:
        """Return the signed question how the attempt begun at `started_at` ended (`querydr`), to be sent as JSON."""
        values = {
            "vnp_RequestId": request_id,
            "vnp_Version": VERSION,
            "vnp_Command": "querydr",
            "vnp_TmnCode": self.tmn_code,
            "vnp_TxnRef": txn_ref,
            "vnp_TransactionDate": vnp_date(started_at),
            "vnp_CreateDate": vnp_date(now),
            "vnp_IpAddr": our_ip,
            "vnp_OrderInfo": f"Hoi ket qua {txn_ref}",
        }
        return values | {HASH: sign(self.secret, piped(INQUIRY_FIELDS, values))}

    def read_inquiry_answer(self, values: Mapping[str, str]) -> Notice | Unpaid | Unverified:
        """Verify and read the answer to an inquiry; its response code is about the question, not about the payment."""
        if not is_signed(self.secret, piped(INQUIRY_ANSWER_FIELDS, values), values.get(HASH, "")):
            return Unverified("signature", "does not fit the fields")
        if (values.get("vnp_TmnCode"), values.get("vnp_ResponseCode")) == (self.tmn_code, NOT_FOUND):
            return Unpaid(values.get("vnp_TxnRef", ""))
        if values.get("vnp_TmnCode") != self.tmn_code or values.get("vnp_ResponseCode") != OK:
            return Unverified("form", f"no answer about us: {values.get('vnp_ResponseCode', '')}")
        return self._notice(values)


def _outcome(code: str, status: str) -> Outcome:
    """Paid only when both codes say so: a 00 beside any other code is no payment."""
    if (code, status) == (OK, OK):
        return "succeeded"
    if status == UNFINISHED and code == OK:
        return "unfinished"
    return "cancelled_by_payer" if code == CANCELLED_BY_CUSTOMER else "failed"


def _amount_vnd(text: str) -> int | None:
    if not _DIGITS.fullmatch(text):
        return None
    amount_vnd, rest = divmod(int(text), MINOR_UNITS_PER_VND)
    return None if rest else amount_vnd


def _code_of(said: Unverified | Decision) -> str:
    match said:
        case Unverified(why="signature"):
            return "97"
        case Unverified():
            return "99"
        case Refused(rule=rule):
            return CODE_OF_REFUSAL.get(rule, "99")
        case ():
            return "02"
        case _:
            return "00"
