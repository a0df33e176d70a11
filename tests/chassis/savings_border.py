"""The savings desk's border: acts, a view and lists, as any service has them, for tests of what strangers send."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from chassis.service import Parts, Scope, Service
from chassis.web.acts import Act, Call, Listing, View
from chassis.web.auth import ACTING, ALL, APPLICANT, DESK_OFFICER, INSPECTOR, OWN, RECEIVING, SYSTEM, Rights
from tests.chassis.audit import AUDIT
from tests.chassis.savings import Account, CloseAccount, OpenAccount, PayIn, PayOut
from tests.chassis.savings_desk import SAVINGS

OWNERS: Rights = {APPLICANT: OWN, DESK_OFFICER: RECEIVING}
READERS: Rights = {APPLICANT: OWN, DESK_OFFICER: ACTING, INSPECTOR: ALL, SYSTEM: ALL}


class Body(BaseModel):
    """What every body has in common."""

    model_config = ConfigDict(extra="forbid")


class Open(Body):
    ref: Annotated[str, Field(min_length=26, max_length=26, pattern="^[0-9A-Z]{26}$")]
    personal_id: Annotated[str, Field(max_length=12)]
    name: Annotated[str, Field(max_length=100)]
    agency: Annotated[str, Field(max_length=35)]


class Amount(Body):
    amount_vnd: Annotated[int, Field(strict=True, ge=1, le=10**15)]
    slip: Annotated[str, Field(max_length=40)]
    note: Annotated[str, Field(max_length=200)] = ""


def scope(account: Account) -> Scope | None:
    """Say whom an account concerns; there is none before it is opened."""
    if not account.ref:
        return None
    return Scope((account.owner,), account.agency, (account.agency,), account.agency, "savings")


def _show(call: Call, account: Account) -> dict[str, Any]:
    return {"ref": account.ref, "balance_vnd": account.balance_vnd, "slips": len(account.slips)}


def desk(parts: Parts) -> Service:
    """Return the savings desk with its border."""

    def open_account(call: Call, body: Open) -> OpenAccount:
        person = parts.vault.person("personal_id", body.personal_id)
        holder = parts.vault.seal(person, {"name": body.name})
        return OpenAccount(body.ref, person, body.agency, call.now, holder)

    def opens(command: OpenAccount) -> Scope:
        return Scope((command.owner,), command.agency, (command.agency,), command.agency, "savings")

    acts = (
        Act(
            "open_account", "/accounts", "Mở sổ", "Open an account", OWNERS, open_account, scope, Open, opens,
            status=201,
        ),
        Act(
            "pay_in", "/accounts/{ref}/deposits", "Nộp tiền", "Pay in", OWNERS,
            lambda call, body: PayIn(call.ref, body.amount_vnd, body.slip, call.now), scope, Amount,
        ),
        Act(
            "pay_out", "/accounts/{ref}/withdrawals", "Rút tiền", "Pay out", OWNERS,
            lambda call, body: PayOut(call.ref, body.amount_vnd, body.slip, call.now), scope, Amount,
            answer=lambda done: {"version": done.version, "balance_vnd": done.state.balance_vnd},
        ),
        Act(
            "close_account", "/accounts/{ref}/closing", "Đóng sổ", "Close the account", {DESK_OFFICER: RECEIVING},
            lambda call, body: CloseAccount(call.ref, call.now), scope,
        ),
    )  # fmt: skip
    views = (
        View(
            "account", "/accounts/{ref}", "Một sổ", "One account", READERS,
            lambda call: f"account-{call.ref}", scope, _show,
        ),
    )  # fmt: skip
    shown = ("ref", "balance_vnd")
    filters = {
        "agency": "agency=:agency",
        "principal": "receiving_agency=:principal",
        "around": "balance_vnd=:around OR balance_vnd=:around+1",
    }
    listings = (
        Listing("accounts", "/accounts", "Các sổ", "Accounts", READERS, "accounts", shown, "ref", filters),
        Listing(
            "latest_accounts", "/latest-accounts", "Sổ mới", "Accounts, last first", READERS, "accounts", shown, "ref",
            descending=True,
        ),
    )  # fmt: skip
    return replace(SAVINGS, acts=acts, views=views, listings=listings)


def auditor(parts: Parts) -> Service:
    """Return the auditor, who has no border."""
    return AUDIT
