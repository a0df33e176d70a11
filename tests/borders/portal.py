"""The national portal as it speaks to this installation: signed in, with messages full of planted personal data."""

from typing import Any

import httpx

from tests.borders.province import APPLICANT, DESK, RECEIVER, SUBMITTER, Province
from tests.intake.portal_messages import ITEM as AS_SENT

ACCOUNT = {"username": "dvcqg", "password": "rehearsal-only-password"}
SYNC, LOOK_UP, TOKEN = "/gateways/portal/DongBoHoSoMC", "/gateways/portal/TraCuuHoSo", "/gateways/portal/token"

ITEM: dict[str, Any] = {
    **AS_SENT,
    "ChuHoSo": APPLICANT["name"],
    "SoGiayToChuHoSo": APPLICANT["personal_id"],
    "DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": APPLICANT["personal_id"]}],
    "DiaChi": APPLICANT["address"],
    "Email": APPLICANT["email"],
    "SoDienThoai": APPLICANT["phone"],
    "ThongTinTra": RECEIVER["address"],
    "ThongTinKhac": f'{{"HoTenNguoiNop": "{SUBMITTER["name"]}"}}',
    "NoiNopHoSo": DESK,
}


class Portal:
    """The portal, signed in."""

    def __init__(self, province: Province) -> None:
        self._province = province
        self.session: str = province.client.post(TOKEN, json=ACCOUNT).json()["session"]

    def sends(self, *items: Any, updating: str = "False") -> httpx.Response:
        """Send items as they are, whatever they are."""
        message = {"session": self.session, "madonvi": "000.00.00.H48", "service": "DongBoHoSoMC"}
        body = message | {"isUpdating": updating, "data": list(items)}
        answer = self._province.client.post(SYNC, json=body)
        self._province.settle()
        return answer

    def said(self, *items: Any, updating: str = "False") -> dict[str, Any]:
        """Return the answer to a message that can be read."""
        answer = self.sends(*items, updating=updating)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def asks(self, code: Any) -> dict[str, Any]:
        body = {"session": self.session, "madonvi": "000.00.00.H48", "service": "TraCuuHoSo", "mahoso": code}
        return dict(self._province.client.post(LOOK_UP, json=body).json())
