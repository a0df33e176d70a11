"""Messages shaped like the portal's own DongBoHoSoMC of 2023–24: every value a text, and fields that nobody reads."""

from typing import Any

from tests.http_harness import HttpPlatform

SYNC = "/gateways/portal/DongBoHoSoMC"

ITEM: dict[str, Any] = {
    "MaHoSo": "H48.23293.01-260907-00017",
    "MaTTHC": "1.004873.000.00.00.H48",
    "TenTTHC": "Cấp Giấy xác nhận tình trạng hôn nhân",
    "MaLinhVuc": "G15-HT02",
    "TenLinhVuc": "Hộ tịch",
    "SoBienNhan": "",
    "KenhThucHien": "2",
    "ChuHoSo": "Nguyễn Thị Lan",
    "LoaiDoiTuong": "1",
    "MaDoiTuong": "a3f1c2d4-5b6e-4f70-8a91-0b1c2d3e4f50",
    "SoGiayToChuHoSo": "062190001234",
    "DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": "062190001234"}],
    "DiaChi": "12 Trần Phú, phường Kon Tum, tỉnh Quảng Ngãi",
    "Email": "lan@example.com",
    "Fax": "",
    "SoDienThoai": "0905123456",
    "ThongTinKhac": "",
    "TrichYeuHoSo": "Xác nhận tình trạng hôn nhân để kết hôn",
    "NgayNopHoSo": "20260906213015",
    "NgayTiepNhan": "",
    "NgayHenTra": "",
    "NgayTra": "",
    "NgayKetThucXuLy": "",
    "NgayTuChoi": "",
    "TrangThaiHoSo": "1",
    "ThongTinTra": "",
    "HinhThuc": "0",
    "NoiNopHoSo": "H48.23293.01",
    "DonViXuLy": "Ủy ban nhân dân phường Kon Tum",
    "HoSoCoThanhPhanSoHoa": "1",
    "TaiKhoanDuocXacThucVoiVNeID": "1",
    "DuocThanhToanTrucTuyen": "3",
    "DSKetNoiCSDL": [{"MaCSDL": "CSDLQGDC"}],
    "TaiLieuNop": [
        {
            "TepDinhKemId": "8812001",
            "TenTepDinhKem": "to-khai.pdf",
            "IsDeleted": "False",
            "MaThanhPhanHoSo": "declaration",
            "DuongDanTaiTepTin": "/tep/8812001",
            "DuocSoHoa": "1",
            "DuocTaiSuDung": "0",
            "DuocLayTuKhoDMQG": "0",
            "MaKetQuaThayThe": "",
        },
        {
            "TepDinhKemId": "8812002",
            "TenTepDinhKem": "Giấy tờ tùy thân (xuất trình, không giữ lại; gửi bưu chính thì nộp bản sao có chứng "
            "thực)",
            "IsDeleted": "False",
            "MaThanhPhanHoSo": "",
            "DuongDanTaiTepTin": "/tep/8812002",
            "DuocSoHoa": "0",
            "DuocTaiSuDung": "0",
            "DuocLayTuKhoDMQG": "1",
            "MaKetQuaThayThe": "",
        },
        {
            "TepDinhKemId": "8812003",
            "TenTepDinhKem": "cu-tru.pdf",
            "IsDeleted": "False",
            "MaThanhPhanHoSo": "residence_proof",
            "DuongDanTaiTepTin": "",
            "DuocSoHoa": "0",
            "DuocTaiSuDung": "0",
            "DuocLayTuKhoDMQG": "0",
            "MaKetQuaThayThe": "KQ.G01.000065",
        },
        {
            "TepDinhKemId": "8812004",
            "TenTepDinhKem": "anh-meo.jpg",
            "IsDeleted": "False",
            "MaThanhPhanHoSo": "KHAC",
            "DuongDanTaiTepTin": "/tep/8812004",
            "DuocSoHoa": "0",
        },
        {
            "TepDinhKemId": "8812005",
            "TenTepDinhKem": "nham.pdf",
            "IsDeleted": "True",
            "MaThanhPhanHoSo": "authorisation",
        },
    ],
    "DanhSachLePhi": [],
    "DanhSachTepDinhKemKhac": [],
    "DanhSachHoSoBoSung": [],
    "DanhSachGiayToKetQua": [],
}

KARAOKE: dict[str, Any] = {
    **ITEM,
    "MaHoSo": "H48.23293.01-260907-00018",
    "MaTTHC": "9.000297",
    "TenTTHC": "Liên thông điện tử kinh doanh karaoke",
    "ChuHoSo": "Công ty Hoa Sim",
    "LoaiDoiTuong": "2",
    "SoGiayToChuHoSo": "0100112437",
    "DinhDanhCHS": [],
    "ThongTinKhac": '{"QuanHe": "legal_representative", "HoTenNguoiNop": "Trần Văn Minh", '
    '"SoDinhDanhNguoiNop": "051085004321", "KeKhai": {"rooms": 5}}',
    "TaiLieuNop": [
        {"TenTepDinhKem": "to-khai.pdf", "MaThanhPhanHoSo": "declaration", "DuocSoHoa": "1"},
        {"TenTepDinhKem": "pccc.pdf", "MaThanhPhanHoSo": "fire_acceptance_by_police", "DuocSoHoa": "1"},
    ],
}


def message(session: str, *items: dict[str, Any], updating: str = "False") -> dict[str, Any]:
    return {
        "session": session,
        "madonvi": "000.00.00.H48",
        "service": "DongBoHoSoMC",
        "isUpdating": updating,
        "data": list(items or (ITEM,)),
    }


class Portal:
    """The portal, signed in, sending its messages."""

    def __init__(self, platform: HttpPlatform) -> None:
        self.platform = platform
        account = {"username": "dvcqg", "password": "rehearsal-only-password"}
        self.session = platform.client.post("/gateways/portal/token", json=account).json()["session"]

    def send(self, *items: dict[str, Any], updating: str = "False") -> dict[str, Any]:
        answer = self.platform.client.post(SYNC, json=message(self.session, *items, updating=updating))
        self.platform.settle()
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ask(self, code: str) -> dict[str, Any]:
        body = {"session": self.session, "madonvi": "000.00.00.H48", "service": "TraCuuHoSo", "mahoso": code}
        return dict(self.platform.client.post("/gateways/portal/TraCuuHoSo", json=body).json())


def submissions(platform: HttpPlatform) -> list[dict[str, Any]]:
    return [data for kind, data in platform.events("intake") if kind == "DossierSubmitted"]
