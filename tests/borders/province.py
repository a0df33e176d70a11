"""One province behind its real border: the composed product, its people, and dossiers full of planted personal data."""

import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from chassis.clock import RehearsalClock
from chassis.stores.store import Store
from chassis.web.acts import Act
from chassis.web.auth import Principal
from services.__main__ import asgi, compose
from tests.borders.client import Client
from tests.harness import REGISTRY, START

DESK, COMMITTEE = "H48.23293.01", "H48.23293"
OTHER_DESK, OTHER_COMMITTEE = "H48.23284.01", "H48.23284"
PROCEDURE, STEP, RESULT, FEE_VND = "1.004873", "certificate", "KQ.G15.000038", 15_000

APPLICANT = {
    "name": "Đặng Quỳnh Thảo Vân",
    "personal_id": "062185009871",
    "address": "47/3 hẻm Sương Nguyệt Ánh, phường Kon Tum",
    "phone": "0905 671 283",
    "email": "quynh.thao.van@thu.example",
    "tax_code": "",
}
SUBMITTER = {
    "name": "Đặng Hoàng Bách Tùng",
    "personal_id": "062083007643",
    "address": "8 ngõ Hoa Pơ Lang, phường Kon Tum",
    "phone": "0914 552 907",
    "email": "bach.tung@thu.example",
    "tax_code": "",
}
RECEIVER = {"name": "Đặng Thị Mỹ Duyên", "address": "152 đường Bờ Kè Đăk Bla", "phone": "0977 318 446"}
NOTE = "Chị Thảo Vân mang nhầm hộ khẩu cũ"
PLANTED = tuple(filter(None, (*APPLICANT.values(), *SUBMITTER.values(), *RECEIVER.values(), NOTE, "Thảo Vân")))
"""What nobody may find: neither in what a stranger is answered, nor in clear in any file."""
STRANGER_ID = "079090000024"
PAPERS = ("declaration", "identity_paper", "residence_proof", "authorisation")

Header = dict[str, str]
_KEYS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """An act with all that it needs to be granted: whoever sends just this succeeds."""

    act: Act
    service: str
    who: Header
    body: dict[str, Any] | None = None
    params: dict[str, str] = field(default_factory=dict)

    def path(self, **params: str) -> str:
        """Return the address, with some of its parameters replaced by what is written in an address."""
        return "/api/v1" + self.act.path.format(**{**self.params, **params})

    def of(self, thing: str) -> str:
        """Return the address of the same act on another thing: a dossier, or a payment attempt."""
        return self.path(**{"ref" if "ref" in self.params else "txn_ref": thing})


class Province:
    """The composed product on its own thread, the people who use it, and a fingerprint of all that it keeps."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.platform = compose(data, rehearsal=True, registry=REGISTRY)
        self.engine = self.platform.engine
        self.engine.start()
        self.app = asgi(self.platform)
        self.client = Client(self.app)
        assert isinstance(self.engine.clock, RehearsalClock)
        if self.engine.clock.untouched:
            self.engine.move_clock(START).result(timeout=30)
        self.acts = {
            act.name: (act, name)
            for name, border in self.platform.borders.items()
            for act in border.running.service.acts
        }
        self._seen: dict[str, tuple[int, dict[str, str]]] = {}
        self._people()

    def _people(self) -> None:
        self.desk = self.token("desk_officer", agency=DESK)
        self.officer = self.token("agency_officer", agency=COMMITTEE)
        self.accountant = self.token("accountant", agency=DESK)
        self.postman = self.token("postal_staff")
        self.inspector = self.token("inspector")
        self.system = self.token("system")
        self.applicant = self.token("applicant", person=self.person(APPLICANT["personal_id"]))
        self.submitter = self.token("applicant", person=self.person(SUBMITTER["personal_id"]))
        self.stranger = self.token("applicant", person=self.person(STRANGER_ID))
        self.other_desk = self.token("desk_officer", agency=OTHER_DESK)
        self.other_officer = self.token("agency_officer", agency=OTHER_COMMITTEE)
        self.other_accountant = self.token("accountant", agency=OTHER_DESK)

    def close(self) -> None:
        self.client.close()
        self.platform.close()

    def person(self, personal_id: str) -> str:
        """Return the opaque id of a person, durably known."""
        person = self.platform.vault.person("personal_id", personal_id)
        self.platform.vault.settle()
        return person

    def token(
        self, role: str, lifetime_s: int = 3600, agency: str = "", person: str = "", name: str = "",
        procedures: tuple[str, ...] = (),
    ) -> Header:  # fmt: skip
        """Return the header of somebody with a role."""
        known = name or person or f"{role}:{agency or 'province'}"
        issued = self.platform.issuer.issue(Principal(known, role, agency, person, procedures), lifetime_s)
        return {"Authorization": f"Bearer {issued}"}

    # --- speaking to it ---

    def post(self, path: str, who: Header | None = None, body: Any = None, **more: Any) -> httpx.Response:
        """POST with a fresh key unless `headers` names one; `content` is sent as it is."""
        headers = {"Idempotency-Key": f"key-{next(_KEYS)}", **(who or {}), **more.pop("headers", {})}
        if "content" in more:
            headers = {"Content-Type": "application/json", **headers}
        else:
            more["json"] = body
        return self.client.post(path, headers={k: v for k, v in headers.items() if v is not None}, **more)

    def get(self, path: str, who: Header | None = None, **query: Any) -> httpx.Response:
        return self.client.get(path, headers=who or {}, params=query or None)

    def do(self, name: str, who: Header, body: Any = None, **params: str) -> dict[str, Any]:
        """Give a command that has to succeed, and let all hear of it."""
        answer = self.post(Place(*self.acts[name], who, None, params).path(), who, body)
        assert answer.is_success, f"{name}: {answer.text}"
        self.settle()
        return dict(answer.json())

    def settle(self) -> None:
        """Wait until every reader has caught up (a move of the clock to where it stands promises just that)."""
        self.engine.move_clock(self.engine.clock.now()).result(timeout=30)

    def pass_time(self, **delta: float) -> None:
        self.engine.move_clock(self.engine.clock.now() + timedelta(**delta)).result(timeout=30)

    # --- what it keeps ---

    def fingerprint(self, *apart: str) -> dict[str, str]:
        """Return each log's head, each reader's positions, and a digest of every table of every service and the vault.

        Left out are `answers`, for a refusal is remembered under its key and that changes nothing; and what readers
        write down of where they are, which may come later than they got there.
        """
        self.settle()
        found = {"vault": self._vault_rows()}
        for name, running in self.engine.running.items():
            found[f"{name}: head"] = str(running.store.head())
            found[f"{name}: positions"] = str(sorted(running.inbox.positions.items()))
            found |= self._tables(name, running.store)
        return {key: what for key, what in found.items() if key not in apart}

    def _tables(self, name: str, store: Store) -> dict[str, str]:
        """Return the digests of a store's tables; read anew only when somebody has committed something since."""
        (row,) = store.query("PRAGMA data_version", {})
        known, found = self._seen.get(name, (0, {}))
        if row["data_version"] == known:
            return found
        tables = store.query("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'", {})
        found = {}
        for table in sorted({str(one["name"]) for one in tables} - {"answers", "marks", "positions"}):
            rows = store.query(f"SELECT * FROM {table}", {})
            content = hashlib.sha256(repr([tuple(one.values()) for one in rows]).encode()).hexdigest()
            found[f"{name}: {table}"] = f"{len(rows)} rows, {content[:16]}"
        self._seen[name] = (row["data_version"], found)
        return found

    def _vault_rows(self) -> str:
        counts = (f"(SELECT count(*) FROM {table})" for table in ("people", "lookup", "also_known", "openings"))
        return str(self.platform.vault._asked(f"SELECT {', '.join(counts)}"))

    @contextmanager
    def unchanged(self, *apart: str) -> Iterator[None]:
        """Assert that what happens inside changes nothing, in no service, except the tables named `apart`."""
        before = self.fingerprint(*apart)
        yield
        after = self.fingerprint(*apart)
        changed = {key: (before.get(key), what) for key, what in after.items() if before.get(key) != what}
        assert not changed, f"changed: {changed}"

    def events(self, service: str, *kinds: str) -> list[str]:
        """Return the types of a service's stored events, in order; only of `kinds` where some are named."""
        stored = self.engine.running[service].store.tail(0, 1_000_000)
        return [event.type for event in stored if not kinds or event.type in kinds]

    # --- dossiers ---

    def submission(self, **more: Any) -> dict[str, Any]:
        """Return a body that hands a complete dossier in."""
        return {
            "procedure": PROCEDURE,
            "channel": "counter",
            "receiving_agency": DESK,
            "applicant": APPLICANT,
            "submitter": SUBMITTER,
            "relation": "attorney",
            "area": None,
            "applicant_kind": "citizen",
            "category": "normal",
            "components": given(*PAPERS),
            "options": [],
            "hand_out_by": "desk",
            "hand_out_to": None,
            "facts": {"married_before": False, "issued_before": False},
        } | more

    def submitted(self, **more: Any) -> str:
        """Hand a dossier in at the desk, or by its applicant where the post brings it; return its reference."""
        body = self.submission(**more)
        return str(self.do("submit_dossier", self.desk, body)["ref"])

    def accepted(self, **more: Any) -> str:
        ref = self.submitted(**more)
        self.do("accept_dossier", self.desk, ref=ref)
        return ref

    def acknowledged(self, **more: Any) -> str:
        ref = self.accepted(**more)
        self.do("acknowledge_step", self.officer, ref=ref, step=STEP)
        return ref

    def resolved(self, **more: Any) -> str:
        """Take a dossier to its paid result."""
        ref = self.acknowledged(**more)
        self.do("decide_step", self.officer, DECISION, ref=ref, step=STEP)
        self.do("pay_at_desk", self.desk, {"amount_vnd": FEE_VND}, ref=ref)
        return ref

    def code_of(self, ref: str) -> str:
        return str(self.get(f"/api/v1/dossiers/{ref}", self.desk).json()["code"])


def given(*codes: str) -> list[dict[str, Any]]:
    """Return papers as they are given."""
    flags = {"form": "original", "digitised": True, "from_e_store": False, "reused": False, "substitute_for": None}
    return [{"code": code, **flags} for code in codes]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


DECISION = {"result_code": RESULT, "number": "17/UBND", "signer": "Chủ tịch", "sha256": digest("result"),
            "notice": []}  # fmt: skip
