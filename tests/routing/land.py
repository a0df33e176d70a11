"""A land transfer as the tests tell it: examined, taxed, paid, entered in the book; tax and payment are not counted."""

from typing import Any

from kernel.working_time import Limit
from services.routing.domain.clock_commands import SettleNotice
from services.routing.domain.clock_events import NoticeLine
from services.routing.domain.commands import DecideStep, OpenChain
from services.routing.domain.plan import PlannedAppointment, PlannedStep
from tests.routing import scene as s

LAND_OFFICE = "H48.21"
TAX_OFFICE = "G14.51"

EXAMINATION = s.step("examination", LAND_OFFICE, days=4.5, internal=True)
TAX = s.step("tax_determination", TAX_OFFICE, ("examination",), days=5, not_counted="tax_notice", states_dues=True)
THIRTY_DAYS = Limit(30, "calendar_days")
THEIRS: dict[str, Any] = {"party": "applicant", "not_counted": "payment", "internal": True}
PAYMENT = s.step("tax_payment", "", ("tax_determination",), limit=THIRTY_DAYS, **THEIRS)
CERTIFICATE = s.step("certificate", LAND_OFFICE, ("examination", "tax_payment"))
LAND = (EXAMINATION, TAX, PAYMENT, CERTIFICATE)
FIRST, SECOND = Limit(5, "working_days"), Limit(3, "working_days")
APPOINTMENTS = (PlannedAppointment("examination", FIRST), PlannedAppointment("certificate", SECOND))

INCOME_TAX = NoticeLine("income_tax", "Thuế thu nhập cá nhân", "Personal income tax", 24_000_000)
REGISTRATION = NoticeLine("registration_charge", "Lệ phí trước bạ", "Registration charge", 6_000_000)
DUES = (INCOME_TAX, REGISTRATION)
NOTHING = (NoticeLine("income_tax", "Thuế thu nhập cá nhân", "Personal income tax", 0),)


def opening(plan: tuple[PlannedStep, ...] = LAND, **other: Any) -> OpenChain:
    """Return the order to open the land chain, due by its first appointment unless other dates are given."""
    dated: dict[str, Any] = {
        "total_limit": Limit(8, "working_days"),
        "appointments": APPOINTMENTS,
        "due_at": s.at("23 09:00"),
    }
    return s.opening(plan, lead_agency=LAND_OFFICE, **(dated | other))


def noticed(now: Any, lines: tuple[NoticeLine, ...] = DUES, number: str = "TB-1") -> DecideStep:
    """Return the tax agency's decision: a notice with its lines."""
    return s.decision(TAX, now, number, notice=lines)


def paid(now: Any, settled_at: Any = None, step: str = TAX.step) -> SettleNotice:
    """Return the news, heard `now`, that the notice is paid."""
    return SettleNotice(
        ref=s.REF,
        step=step,
        settled_at=settled_at or now,
        actor="system:routing",
        now=now,
        calendars=s.calendars_of,
    )


def until_tax(examined: Any, acknowledged: Any = None) -> tuple[Any, ...]:
    """Return what is told until the tax agency has the dossier."""
    return (opening(), *s.done(EXAMINATION, examined), s.acknowledge(TAX, acknowledged or examined))
