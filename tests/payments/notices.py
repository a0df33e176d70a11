"""A land dossier's tax notice, told in the words of payments; the tests change what matters to them."""

from datetime import datetime

from services.payments.domain.obligation_words import CancelNotices, CancelReason, NoticeLine, RaiseNotice
from services.payments.domain.receipt_book import TREASURY_TEMPLATE, Receipt, serial_of
from tests.payments import examples as ex

STEP = "tax_determination"
TAX_OFFICE = "G12.34.05"
TAX_VND, REGISTRATION_VND = 20_000_000, 5_000_000
DUES_VND = TAX_VND + REGISTRATION_VND
TREASURY_RECEIPT = Receipt(TAX_OFFICE, serial_of("NS", 2026), 2026, 1, TREASURY_TEMPLATE)
LINES = (
    NoticeLine("1006", "Thuế thu nhập cá nhân từ chuyển nhượng bất động sản", TAX_VND),
    NoticeLine("2801", "Lệ phí trước bạ nhà đất", REGISTRATION_VND),
)


def lines_of(total_vnd: int) -> tuple[NoticeLine, ...]:
    return (NoticeLine("1006", "Thuế thu nhập cá nhân từ chuyển nhượng bất động sản", total_vnd),)


def notice(
    lines: tuple[NoticeLine, ...] = LINES, number: str = "TB-001", step: str = STEP, now: datetime = ex.NOON
) -> RaiseNotice:
    return RaiseNotice(
        ref=ex.REF,
        code=ex.CODE,
        procedure="1.013831",
        step=step,
        agency=TAX_OFFICE,
        number=number,
        lines=lines,
        payer=ex.PAYER,
        submitter=ex.SUBMITTER,
        receiving_agency=ex.AGENCY,
        receipt=TREASURY_RECEIPT,
        actor="system:payments",
        now=now,
    )


def ended(reason: CancelReason = "withdrawn", now: datetime = ex.LATER) -> CancelNotices:
    return CancelNotices(ref=ex.REF, reason=reason, actor="system:payments", now=now)
