"""The national portal: it signs in and sends dossiers as its own message DongBoHoSoMC, in the fields of 2023–24.

Only here do its Vietnamese field names stand; every value is a text.
"""

import json
from collections.abc import Generator, Iterable, Mapping
from typing import Any, Final

from kernel.calendar import VIETNAM
from players.case import Case
from players.script import Answer, Move, Push, See, Surprised, Until, must

SIGN_IN: Final = "/gateways/portal/token"
SYNCHRONISE: Final = "/gateways/portal/DongBoHoSoMC"
ACCOUNT: Final = {"username": "dvcqg", "password": "rehearsal-only-password"}
"""What the product gives the portal of a rehearsal."""

NEW, SUPPLEMENTED, WITHDRAWN = "1", "5", "7"
DONE: Final = "0"
CITIZEN: Final = "1"
THROUGH_PORTAL: Final = "2"
WAYS: Final = {"desk": "0", "post": "1"}
"""HinhThuc; without it the result is wanted online where that is offered."""

ELECTRONIC: Final = "2"
PERSONAL_ID: Final = "1"

Told = Generator[Move | Until, Answer, bool]


def number_of(case: Case) -> str:
    """Return the number that the portal gives a dossier; ours begin with 1, so they never meet."""
    day = case.plan.submits_at.astimezone(VIETNAM)
    return f"{case.plan.desk}-{day:%y%m%d}-9{case.story.index:06d}"


def send_new(case: Case) -> Generator[Move | Until, Answer, str]:
    """Send a new dossier; return the reference under which it is found."""
    given = (code for code in case.plan.given if code not in case.plan.lacking)
    message = _item(case, NEW, given)
    yield from _say(case, message, updating=False)
    seen = yield from must(See("intake", "show_dossier", case.submitter, {"ref": number_of(case)}))
    return str(seen["ref"])


def send_supplement(case: Case, codes: Iterable[str]) -> Told:
    return (yield from _say(case, _item(case, SUPPLEMENTED, codes), updating=True))


def send_withdrawal(case: Case) -> Told:
    """Say that the applicant wants the dossier back; tell whether that was still possible."""
    return (yield from _say(case, _item(case, WITHDRAWN, ()), updating=True, may_be_refused=True))


def _say(case: Case, item: Mapping[str, Any], updating: bool, may_be_refused: bool = False) -> Told:
    session = (yield from must(Push(SIGN_IN, ACCOUNT)))["session"]
    message = {"session": session, "madonvi": case.plan.desk, "service": "DongBoHoSoMC"}
    move = Push(SYNCHRONISE, {**message, "isUpdating": str(updating), "data": [item]})
    answer = yield move
    if answer.well and (answer.body["error_code"] == DONE or may_be_refused):
        return bool(answer.body["error_code"] == DONE)
    raise Surprised(move, answer)


def _item(case: Case, status: str, codes: Iterable[str]) -> dict[str, Any]:
    plan, who = case.plan, case.plan.applicant
    day = plan.submits_at.astimezone(VIETNAM)
    return {
        "MaHoSo": number_of(case),
        "MaTTHC": plan.procedure,
        "TenTTHC": case.world.procedure(plan).name_vi,
        "TrangThaiHoSo": status,
        "KenhThucHien": THROUGH_PORTAL,
        "ChuHoSo": who.name,
        "LoaiDoiTuong": CITIZEN,
        "DinhDanhCHS": [{"LoaiDinhDanh": PERSONAL_ID, "SoDinhDanh": who.personal_id}],
        "SoGiayToChuHoSo": who.personal_id,
        "DiaChi": who.address,
        "SoDienThoai": who.phone,
        "Email": who.email,
        "NgayNopHoSo": f"{day:%Y%m%d%H%M%S}",
        "NoiNopHoSo": plan.desk,
        "HinhThuc": WAYS.get(plan.hand_out_by, ""),
        "ThongTinTra": plan.hand_out_to,
        "TaiLieuNop": [_attachment(case, code) for code in codes],
        "TaiKhoanDuocXacThucVoiVNeID": "1",
        "DuocThanhToanTrucTuyen": "3",
        "ThongTinKhac": json.dumps(_declared(case), ensure_ascii=False),
    }


def _declared(case: Case) -> dict[str, Any]:
    """Return what our form adds to the portal's fields."""
    plan = case.plan
    said: dict[str, Any] = {"QuanHe": plan.relation, "NhomDoiTuong": plan.category}
    if plan.relation != "self":
        said |= {"HoTenNguoiNop": plan.submitter.name, "SoDinhDanhNguoiNop": plan.submitter.personal_id}
    return said | {"BuocTuyChon": list(plan.options), "KeKhai": dict(plan.facts)}


def _attachment(case: Case, code: str) -> dict[str, str]:
    return {
        "MaThanhPhanHoSo": code,
        "TenTepDinhKem": f"{code}.pdf",
        "IsDeleted": "False",
        "LoaiBan": ELECTRONIC,
        "DuocSoHoa": "1",
    }
