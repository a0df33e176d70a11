"""What a principal may see and do: one filter for every command, read, list, search, count and tail of events.

A thing says whom it concerns (`Scope`), a door says in which relation each role must stand to it (`Rights`), and the
filter compares. `may` answers for one thing and `restriction` for a list of them; a property test holds them equal.

Law: NĐ 61/2018 art. 25 (an anonymous look-up shows a dossier's code and degree of completion only); NĐ 13/2023 and Luật
91/2025/QH15 (personal data is read for a stated purpose).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chassis.service import Scope
from chassis.web.problem import SIGN_IN, Problem
from kernel.calendar import Words

APPLICANT = "applicant"
DESK_OFFICER = "desk_officer"
AGENCY_OFFICER = "agency_officer"
POSTAL_STAFF = "postal_staff"
ACCOUNTANT = "accountant"
INSPECTOR = "inspector"
SYSTEM = "system"
ANONYMOUS = "anonymous"
ROLES = (APPLICANT, DESK_OFFICER, AGENCY_OFFICER, POSTAL_STAFF, ACCOUNTANT, INSPECTOR, SYSTEM)

ROLE_WORDS: Final[Mapping[str, Words]] = {
    APPLICANT: Words("Người nộp hồ sơ", "Applicant"),
    DESK_OFFICER: Words("Cán bộ Một cửa", "Desk officer"),
    AGENCY_OFFICER: Words("Cán bộ giải quyết", "Agency officer"),
    POSTAL_STAFF: Words("Nhân viên bưu chính", "Postal staff"),
    ACCOUNTANT: Words("Kế toán", "Accountant"),
    INSPECTOR: Words("Thanh tra, giám sát", "Inspector"),
    SYSTEM: Words("Hệ thống", "The platform, or an agency's system"),
    ANONYMOUS: Words("Người không đăng nhập", "Whoever did not sign in"),
}

OWN = "own"
RECEIVING = "receiving"
ACTING = "acting"
ASSIGNED = "assigned"
ALL = "all"
PLATFORM = "platform"
"""Of every thing alike, but never for the system of one agency, which `ALL` leaves its own dossiers."""

# Parameters say whose they are, so that no filter of a list can be named like them and take their place.
CONDITIONS = {
    OWN: "(applicant=:principal_person OR submitter=:principal_person)",
    RECEIVING: "receiving_agency=:principal_agency",
    # LIKE has wildcards and, in SQLite, no regard for case: an agency would see another's.
    ACTING: "(receiving_agency=:principal_agency OR replace(agencies, :principal_acting, '') <> agencies)",
    ASSIGNED: "agency=:principal_agency",
    ALL: "1=1",
    PLATFORM: "1=1",
}
BY_AGENCY = (RECEIVING, ACTING, ASSIGNED)

Rights = Mapping[str, str]
"""Role → relation in which the thing must stand to the principal; a role that is not named may nothing."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Args:
        id: opaque, stands in events.
        agency: for which it speaks; a `system` with an agency is that agency's own and sees no other's dossiers.
        person: the vault's id of a natural person or firm, or "".
        procedures: codes of the procedures that its right is narrowed to; none: all of them.
        steps: codes of the steps that it is assigned to; none: all steps of its agency.
    """

    id: str
    role: str
    agency: str = ""
    person: str = ""
    procedures: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    @property
    def is_anonymous(self) -> bool:
        return self.role == ANONYMOUS


NOBODY = Principal("anonymous", ANONYMOUS)

THE_WHOLE: Final = Scope()
"""What is of every agency and procedure at once, as logs and heads: no narrowed right reaches it."""


def relation_of(principal: Principal, rights: Rights) -> str | None:
    """Return how a thing must stand to this principal, or None where its role may nothing."""
    relation = rights.get(principal.role)
    if relation == ALL and principal.role == SYSTEM and principal.agency:
        return ACTING
    return relation


def may(principal: Principal, rights: Rights, scope: Scope | None) -> bool:
    """Say whether `principal` may do what `rights` name with a thing of this `scope` (None: it does not exist)."""
    relation = relation_of(principal, rights)
    if relation is None or scope is None:
        return False
    if principal.procedures and scope.procedure not in principal.procedures:
        return False
    if principal.steps and scope.step and scope.step not in principal.steps:
        return False
    if relation == OWN:
        return bool(principal.person) and principal.person in scope.people
    if relation == RECEIVING:
        return bool(principal.agency) and principal.agency == scope.receiving
    if relation == ACTING:
        return bool(principal.agency) and principal.agency in (*scope.agencies, scope.receiving)
    if relation == ASSIGNED:
        return bool(principal.agency) and principal.agency == scope.assigned
    return relation == ALL or (relation == PLATFORM and not principal.agency)


def restriction(principal: Principal, rights: Rights, by_step: bool = False) -> tuple[str, dict[str, Any]]:
    """Return the SQL condition that leaves of a list what `may` would allow.

    A listed table names its columns `applicant`, `submitter`, `receiving_agency`, `agencies` (space-separated, with a
    space at both ends), `agency` (the one assigned) and `procedure`, as far as its rights need them.

    Args:
        by_step: each row is one step of a chain, named in its column `step`.
    """
    relation = relation_of(principal, rights)
    condition = "1=0" if relation is None else CONDITIONS[relation]
    if (relation == OWN and not principal.person) or (relation in BY_AGENCY and not principal.agency):
        condition = "1=0"
    if relation == PLATFORM and principal.agency:
        condition = "1=0"
    params: dict[str, Any] = {"principal_person": principal.person, "principal_agency": principal.agency}
    params["principal_acting"] = f" {principal.agency} "
    condition += _one_of("procedure", principal.procedures, params)
    if by_step:
        condition += _one_of("step", principal.steps, params)
    return condition, params


def _one_of(column: str, allowed: tuple[str, ...], params: dict[str, Any]) -> str:
    """Return the condition that a column has one of the values, and put them into `params`; none: no condition."""
    if not allowed:
        return ""
    names = {f"principal_{column}_{index}": code for index, code in enumerate(allowed)}
    params |= names
    return f" AND {column} IN ({', '.join(':' + name for name in names)})"


def signed_in(principal: Principal) -> Principal:
    """Return the principal if it is somebody."""
    if principal.is_anonymous:
        raise Problem(SIGN_IN)
    return principal
