"""DongBoHoSoMC as the portal sends it (fields of 2023–24): every value a text, dates yyyyMMddHHmmss of Vietnam.

Unknown fields are passed over here and kept, sealed, with the dossier; nothing is filled in that was not said.
"""

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from chassis.limits import (
    FACTS_MAX,
    NAME_LENGTH_MAX,
    OPTIONS_MAX,
    PORTAL_ATTACHMENTS_MAX,
    PORTAL_ITEMS_MAX,
    PORTAL_TEXT_LENGTH_MAX,
)
from kernel.calendar import VIETNAM
from kernel.codes import DossierCode, ProcedureCode


def _text(value: object) -> object:
    """The portal writes texts; some of its senders write numbers, yes and no, or null instead."""
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case int():
            return str(value)
        case str():
            return value.strip()
        case _:
            return value


def _instant(value: object) -> object:
    text = _text(value)
    if text == "":
        return None
    if not isinstance(text, str) or len(text) != 14 or not text.isascii() or not text.isdigit():
        raise ValueError("a date is yyyyMMddHHmmss, like 20260907083000")
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)
    except ValueError:
        raise ValueError("there is no such day or hour; a date is yyyyMMddHHmmss") from None


def _flag(value: object) -> object:
    text = _text(value)
    return text.lower() in ("1", "true") if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(_text), Field(max_length=PORTAL_TEXT_LENGTH_MAX)]
Short = Annotated[str, BeforeValidator(_text), Field(max_length=NAME_LENGTH_MAX)]
Instant = Annotated[datetime | None, BeforeValidator(_instant)]
Flag = Annotated[bool, BeforeValidator(_flag)]


class Said(BaseModel):
    """What is read of a part of the message."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Attachment(Said):
    """One row of TaiLieuNop."""

    code: Short = Field(default="", alias="MaThanhPhanHoSo")
    file_name: Text = Field(default="", alias="TenTepDinhKem")
    deleted: Flag = Field(default=False, alias="IsDeleted")
    digitised: Flag = Field(default=False, alias="DuocSoHoa")
    reused: Flag = Field(default=False, alias="DuocTaiSuDung")
    from_e_store: Flag = Field(default=False, alias="DuocLayTuKhoDMQG")
    replaced_by_result: Short = Field(default="", alias="MaKetQuaThayThe")
    form: Short = Field(default="", alias="LoaiBan")
    database: Short = Field(default="", alias="MaCSDL")


class Identity(Said):
    """One row of DinhDanhCHS."""

    kind: Short = Field(default="", alias="LoaiDinhDanh")
    number: Short = Field(default="", alias="SoDinhDanh")


class Declared(Said):
    """What the form's own JSON in ThongTinKhac may say beyond the fields of the message."""

    relation: Short = Field(default="", alias="QuanHe")
    submitter_name: Short = Field(default="", alias="HoTenNguoiNop")
    submitter_number: Short = Field(default="", alias="SoDinhDanhNguoiNop")
    category: Short = Field(default="", alias="NhomDoiTuong")
    area: Short = Field(default="", alias="MaXa")
    options: list[Short] = Field(default=[], alias="BuocTuyChon", max_length=OPTIONS_MAX)
    facts: dict[str, bool | int | str] = Field(default={}, alias="KeKhai", max_length=FACTS_MAX)


class Item(Said):
    """One dossier of `data`."""

    code: Short = Field(alias="MaHoSo", min_length=1)
    procedure: Short = Field(alias="MaTTHC", min_length=1)
    status: Short = Field(alias="TrangThaiHoSo", min_length=1)
    channel: Short = Field(default="", alias="KenhThucHien")
    applicant: Short = Field(alias="ChuHoSo", min_length=1)
    applicant_kind: Short = Field(alias="LoaiDoiTuong", min_length=1)
    account: Short = Field(default="", alias="MaDoiTuong")
    number: Short = Field(default="", alias="SoGiayToChuHoSo")
    identities: list[Identity] = Field(default=[], alias="DinhDanhCHS", max_length=10)
    tax_code: Short = Field(default="", alias="MaSoThue")
    address: Text = Field(default="", alias="DiaChi")
    phone: Short = Field(default="", alias="SoDienThoai")
    email: Short = Field(default="", alias="Email")
    brief: Annotated[str, BeforeValidator(_text), Field(max_length=1_000)] = Field(default="", alias="TrichYeuHoSo")
    hand_out_by: Short = Field(default="", alias="HinhThuc")
    hand_out_to: Text = Field(default="", alias="ThongTinTra")
    received_by: Short = Field(default="", alias="NoiNopHoSo")
    resolved_by: Short = Field(default="", alias="DonViXuLy")
    submitted_at: Instant = Field(default=None, alias="NgayNopHoSo")
    accepted_at: Instant = Field(default=None, alias="NgayTiepNhan")
    due_at: Instant = Field(default=None, alias="NgayHenTra")
    handed_out_at: Instant = Field(default=None, alias="NgayTra")
    ended_at: Instant = Field(default=None, alias="NgayKetThucXuLy")
    refused_at: Instant = Field(default=None, alias="NgayTuChoi")
    attachments: list[Attachment] = Field(default=[], alias="TaiLieuNop", max_length=PORTAL_ATTACHMENTS_MAX)
    other: Text = Field(default="", alias="ThongTinKhac")

    @field_validator("code")
    @classmethod
    def _is_code(cls, text: str) -> str:
        return str(DossierCode.parse(text))

    @field_validator("procedure")
    @classmethod
    def _is_procedure(cls, text: str) -> str:
        return str(ProcedureCode.parse(text))

    @property
    def national_procedure(self) -> str:
        """The procedure's national code, whoever published this form of it."""
        return ProcedureCode.parse(self.procedure).base

    @property
    def published_by(self) -> str | None:
        """The agency whose form of the procedure is meant, or None where it is the national one."""
        owner = ProcedureCode.parse(self.procedure).owner
        return None if owner is None else str(owner)

    @property
    def declared(self) -> Declared:
        """Return what ThongTinKhac says where it is a form's JSON; a plain remark says nothing that is read."""
        try:
            said = json.loads(self.other) if self.other.startswith("{") else {}
        except (ValueError, RecursionError):
            return Declared()
        return Declared.model_validate(said)


class Message(Said):
    """The envelope around the items."""

    session: str = Field(default="", max_length=2_000)
    sender: Short = Field(default="", alias="madonvi")
    updating: Flag = Field(default=False, alias="isUpdating")
    data: list[dict[str, Any]] = Field(min_length=1, max_length=PORTAL_ITEMS_MAX)


def what_is_wrong(error: ValidationError) -> str:
    """Say which fields do not fit and why, in the portal's own names and without repeating what was sent."""
    wrong = (f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
    return "; ".join(dict.fromkeys(wrong))
