"""Whom one can be in rehearsal: the roles to sign in with, and from a dossier's page everybody who might act in it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.registry import Registry
from chassis.stores.store import Store
from chassis.web.auth import (
    ACCOUNTANT,
    AGENCY_OFFICER,
    APPLICANT,
    DESK_OFFICER,
    INSPECTOR,
    POSTAL_STAFF,
    Principal,
)
from kernel.calendar import Words
from services.reporting.domain.status import holders_of
from services.reporting.pages.names import Names
from services.reporting.pages.submission_page import desks_of
from services.reporting.pages.words import word
from services.reporting.projections.province_table import receiving_agencies
from services.reporting.projections.standing import standing_of
from services.reporting.projections.steps import acting_agencies, steps_of

Choices = tuple[tuple[str, Words], ...]
"""Id and name of each agency."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One role on the page where one is chosen.

    Args:
        agencies: to choose from, those that stand today; those that hold something first.
        past: the same of those that stand no more, for dossiers of their time.
        asks_for: what else has to be said: `personal_id`.
    """

    role: str
    does: Words
    sign: str
    agencies: Choices = ()
    past: Choices = ()
    asks_for: str = ""

    @property
    def name(self) -> Words:
        return word("role", self.role)


@dataclass(frozen=True, slots=True)
class RoleButton:
    """One role that can be taken from a dossier's page.

    Args:
        session: what is asked for, as JSON.
        at: address that gives the session, or "" for the usual one.
        holds: the dossier lies with this role now.
    """

    role: Words
    agency: Words | None
    session: str
    at: str
    is_you: bool
    holds: bool


def sign_ins(registry: Registry, store: Store, today: date) -> tuple[SignIn, ...]:
    """Return the roles to choose from."""
    kinds = frozenset(kind for one in registry.procedures(on=today) for kind in one.receiving_kinds)
    every_desk = (desk.id for desk in desks_of(registry, kinds, today))
    desks, past_desks = _by_time(registry, (*receiving_agencies(store), *every_desk), today)
    agencies, past_agencies = _by_time(registry, acting_agencies(store), today)
    roles = (
        SignIn(
            DESK_OFFICER,
            Words("Tiếp nhận, yêu cầu bổ sung, trả kết quả.", "Accepts, asks for supplements, hands out."),
            "inbox",
            desks,
            past_desks,
        ),
        SignIn(
            AGENCY_OFFICER,
            Words("Xác nhận, quyết định, từ chối, chuyển lại.", "Acknowledges, decides, refuses, sends back."),
            "building",
            agencies,
            past_agencies,
        ),
        SignIn(
            APPLICANT,
            Words("Nộp và theo dõi hồ sơ của mình.", "Hands in and follows an own dossier."),
            "person",
            asks_for="personal_id",
        ),
        SignIn(
            POSTAL_STAFF,
            Words("Thu gom giấy tờ, phát kết quả.", "Collects papers, delivers results."),
            "parcel",
        ),
        SignIn(
            ACCOUNTANT,
            Words("Thu phí tại quầy, hoàn trả tiền.", "Takes fees, pays refunds."),
            "money",
            desks,
            past_desks,
        ),
        SignIn(
            INSPECTOR,
            Words("Xem mọi hồ sơ và số liệu các cơ quan.", "Sees every dossier and every agency's figures."),
            "chart",
        ),
    )
    return tuple(one for one in roles if one.role != AGENCY_OFFICER or agencies or past_agencies)


def _by_time(registry: Registry, ids: Iterable[str], today: date) -> tuple[Choices, Choices]:
    """Return agencies with their names, each once: those that stand today, and the others."""
    names, stand = Names(registry), {one.id for one in registry.agencies() if one.stands_on(today)}
    named = [(id, names.agency(id)) for id in dict.fromkeys(ids)]
    return tuple(one for one in named if one[0] in stand), tuple(one for one in named if one[0] not in stand)


def role_buttons(registry: Registry, store: Store, dossier: Mapping[str, Any], you: Principal) -> list[RoleButton]:
    """Return everybody who might act in a dossier: its applicant, its desk, each agency of its chain, the post."""
    holding = {(one.party, one.agency) for one in holders_of(standing_of(store, dossier))}
    desk = dossier["receiving_agency"]
    agencies = (step["agency"] for step in steps_of(store, dossier["ref"]) if step["agency"])
    own = f"/rehearsal/applicants/{dossier['ref']}"
    buttons = [
        RoleButton(word("role", APPLICANT), None, "{}", own, you.role == APPLICANT, ("applicant", "") in holding),
        _button(registry, DESK_OFFICER, desk, ("desk", desk) in holding, you),
    ]
    for agency in dict.fromkeys(agencies):
        holds = bool({("agency", agency), ("system", agency)} & holding)
        buttons.append(_button(registry, AGENCY_OFFICER, agency, holds, you))
    if dossier["has_parcel"]:
        buttons.append(_button(registry, POSTAL_STAFF, "", ("post", "") in holding, you))
    buttons.append(_button(registry, ACCOUNTANT, desk, False, you))
    buttons.append(_button(registry, INSPECTOR, "", False, you))
    return buttons


def _button(registry: Registry, role: str, agency: str, holds: bool, you: Principal) -> RoleButton:
    session = json.dumps({"role": role, "agency": agency} if agency else {"role": role})
    name = Names(registry).agency(agency) if agency else None
    return RoleButton(word("role", role), name, session, "", (you.role, you.agency) == (role, agency), holds)
