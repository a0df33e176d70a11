"""The names of the streams of payments: what stands together and is decided together."""

from services.payments.domain.receipt_book import Receipt


def obligation_stream(ref: str) -> str:
    return f"obligation-{ref}"


def attempt_stream(txn_ref: str) -> str:
    return f"attempt-{txn_ref}"


def receipts_stream(agency: str, serial: str, year: int) -> str:
    return f"receipts-{agency}-{serial}-{year}"


def book_of(receipt: Receipt) -> str:
    return receipts_stream(receipt.agency, receipt.serial, receipt.year)


def callback_stream(digest: str) -> str:
    return f"callback-{digest}"
