"""The codes that Vietnamese paperwork carries, each parsed and printed here and nowhere else.

Law: TT 01/2018/TT-VPCP art. 19 and TT 03/2025/TT-VPCP art. 13 (dossier codes); QĐ 20/2020/QĐ-TTg (agency ids);
TT 105/2020/TT-BTC art. 5 and TT 86/2024/TT-BTC (tax codes); NĐ 137/2015 art. 13 (personal ids); UPU S10 (items).
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Self

AGENCY_ID_LIMIT_CHARACTERS = 35
SHOWN_LIMIT_CHARACTERS = 40
NUMBER_DIGITS_MIN, NUMBER_DIGITS_MAX = 4, 10
OLD_WIDTHS = (2, 2, 3)
"""Digits of the groups below the first in TT 10/2016/TT-BTTTT, from the largest body down."""
TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
ITEM_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
PERSONAL_KINDS = frozenset({"personal id", "payer's tax code"})

_GROUPS = re.compile(r"[0-9A-Z]+(\.[0-9A-Z]+)*")
_LEVEL_ONE = re.compile(r"[A-Y][0-9]{2}")
_OTHER_BODY = re.compile(r"Z[0-9A-Z]{2}")
_OLD_ORDER = re.compile(r"([0-9]{3})\.([0-9]{2})\.([0-9]{2})\.([A-Y][0-9]{2})")
_DOSSIER = re.compile(r"([0-9A-Z.]+)-(20[0-9]{6}|[0-9]{6})-([0-9]{4,10})")
_PROCEDURE = re.compile(r"([0-9]\.[0-9]{6})(?:\.([0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Y][0-9]{2}))?")
_RESULT = re.compile(r"KQ\.([A-Y][0-9]{2})\.([0-9]{6})")
_PERSONAL = re.compile(r"[0-9]{12}")
_TAX = re.compile(r"([0-9]{10})(?:-?([0-9]{3}))?")
_ITEM = re.compile(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})")


class InvalidCode(ValueError):
    """A text is not the code it should be.

    Args:
        kind: what it should have been, e.g. `tax code`.
        text: what was given; shown shortened, and never where it may be somebody's personal id.
        reason: what is wrong and how it should look.
    """

    def __init__(self, kind: str, text: str, reason: str) -> None:
        super().__init__(kind, text, reason)
        self.kind = kind
        self.text = text
        self.reason = reason

    def __str__(self) -> str:
        if self.kind in PERSONAL_KINDS:
            return f"not a {self.kind}: {self.reason}"
        shown = self.text if len(self.text) <= SHOWN_LIMIT_CHARACTERS else self.text[:SHOWN_LIMIT_CHARACTERS] + "…"
        return f"{shown!r} is not a {self.kind}: {self.reason}"

    def __repr__(self) -> str:
        return f"InvalidCode({str(self)!r})"


@dataclass(frozen=True, slots=True)
class AgencyId:
    """The electronic identifier of an agency, largest body first: `H34.12` is body 12 of province H34."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an identifier in the order of QĐ 20/2020.

        Raises:
            InvalidCode: it does not begin with a ministry or province, an enterprise code, or `Zxy` and a group.
        """
        kind, code = "agency id", text.strip().upper()
        if len(code) > AGENCY_ID_LIMIT_CHARACTERS:
            raise InvalidCode(kind, text, f"it has {len(code)} characters, at most {AGENCY_ID_LIMIT_CHARACTERS} fit")
        if not _GROUPS.fullmatch(code):
            raise InvalidCode(kind, text, "it is groups of digits and capital letters with dots between, like H34.12")
        first, _, rest = code.partition(".")
        if _LEVEL_ONE.fullmatch(first) or (_OTHER_BODY.fullmatch(first) and rest):
            return cls(code)
        if rest or not first.isdigit():
            raise InvalidCode(kind, text, "it begins with a ministry or province: a letter A–Y and two digits, H34")
        try:
            TaxCode.parse(code)
        except InvalidCode as wrong:
            raise InvalidCode(kind, text, f"read as an enterprise code, {wrong.reason}") from None
        return cls(code)

    @classmethod
    def parse_old_order(cls, text: str) -> Self:
        """Read the smallest-body-first form of TT 10/2016 (`000.00.16.H40`) and put it in today's order (`H40.16`)."""
        match = _OLD_ORDER.fullmatch(text.strip().upper())
        if match is None:
            raise InvalidCode("agency id", text, "the old form is 000.00.16.H40: 3, 2 and 2 digits, then the province")
        groups = list(reversed(match.groups()))
        while not groups[-1].strip("0"):
            groups.pop()
        return cls(".".join(groups))

    @property
    def old_orders(self) -> tuple[str, ...]:
        """The form of TT 10/2016, where this identifier fits into it: `H40.16` was `000.00.16.H40`."""
        first, *rest = self.text.split(".")
        widths = OLD_WIDTHS[: len(rest)]
        if not _LEVEL_ONE.fullmatch(first) or len(rest) > len(OLD_WIDTHS):
            return ()
        if any(not group.isdigit() or len(group) != width for group, width in zip(rest, widths, strict=True)):
            return ()
        groups = [*rest, *("0" * width for width in OLD_WIDTHS[len(rest) :])]
        return (".".join((*reversed(groups), first)),)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class DossierCode:
    """The code on an acknowledgement slip: who receives, on which day, which number of that day.

    Generations differ in the order of the agency part, the width of the date and the width of the number; the text
    stays as it was issued, so that the applicant's paper and our screen show the same.

    Args:
        text: the code as issued, and what is printed.
        agency: the agency part in today's order, whichever order `text` has.
        number: the digits after the date. Nationwide centralised systems put two digits of the system owner's agency
            code before theirs; the form alone does not tell, so they are kept as they stand.
    """

    text: str
    agency: AgencyId
    received_on: date
    number: str

    @classmethod
    def issue(cls, agency: AgencyId, received_on: date, sequence: int) -> Self:
        """Make the code of the `sequence`-th dossier (1, 2, …) that `agency` receives on that day."""
        if sequence < 1:
            raise InvalidCode("dossier code", str(sequence), "the sequence of a day begins with 1")
        return cls.parse(f"{agency}-{received_on:%y%m%d}-{sequence:04d}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code of any generation, whoever issued it.

        Raises:
            InvalidCode: its shape, its agency part or its date is wrong.
        """
        kind, code = "dossier code", text.strip().upper()
        match = _DOSSIER.fullmatch(code)
        if match is None:
            raise InvalidCode(kind, text, "it is an agency id, a date and 4 to 10 digits, like H34.12-261120-0001")
        body, day, number = match.groups()
        try:
            old_order = _OLD_ORDER.fullmatch(body)
            agency = AgencyId.parse_old_order(body) if old_order else AgencyId.parse(body)
            received_on = date.fromisoformat(day if len(day) == 8 else f"20{day}")
        except InvalidCode as wrong:
            raise InvalidCode(kind, text, f"its agency part is wrong: {wrong.reason}") from None
        except ValueError:
            raise InvalidCode(kind, text, f"{day} is no day of the calendar; write yymmdd, like 261120") from None
        return cls(code, agency, received_on, number)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way in which one generation or another writes this number, today's first.

        An applicant may type the code as an older paper or another system wrote it: the same agency in either order,
        the day with or without its century, the number with more or fewer zeros before it.
        """
        bodies = (str(self.agency), *self.agency.old_orders)
        days = (f"{self.received_on:%y%m%d}", f"{self.received_on:%Y%m%d}")
        shortest = max(NUMBER_DIGITS_MIN, len(str(int(self.number))))
        numbers = [f"{int(self.number):0{width}d}" for width in range(shortest, NUMBER_DIGITS_MAX + 1)]
        return tuple(f"{body}-{day}-{number}" for number in numbers for day in days for body in bodies)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ProcedureCode:
    """The national code of a procedure, alone (`1.001193`) or as a province publishes it (`1.001612.000.00.00.H48`).

    Args:
        base: the national code; what the registry is asked for.
        owner: the agency that published the local form, or None for the national one.
    """

    text: str
    base: str
    owner: AgencyId | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a national or local code."""
        code = text.strip().upper()
        match = _PROCEDURE.fullmatch(code)
        if match is None:
            raise InvalidCode("procedure code", text, "it is like 1.001193, or locally like 1.001612.000.00.00.H48")
        base, owner = match.groups()
        return cls(code, base, AgencyId.parse_old_order(owner) if owner else None)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ResultCode:
    """The national code of a kind of result document: `KQ.G15.000031` is kept by ministry G15."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a result code."""
        code = text.strip().upper()
        if not _RESULT.fullmatch(code):
            raise InvalidCode("result code", text, "it is KQ, a ministry or province and six digits: KQ.G15.000031")
        return cls(code)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class PersonalId:
    """The 12-digit number of a person (số định danh cá nhân). It has no check digit.

    Any place code is taken: numbers issued before provinces merged stay valid, and births abroad have codes of their
    own. The number is personal data, so `repr` does not show it.
    """

    text: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read twelve digits; spaces between them are dropped."""
        digits = text.replace(" ", "")
        if not _PERSONAL.fullmatch(digits):
            raise InvalidCode("personal id", text, "it is exactly 12 digits; the older 9-digit number is not one")
        return cls(digits)

    @property
    def place_code(self) -> str:
        """Where the birth was registered: a province of that time, or a country."""
        return self.text[:3]

    @property
    def sex(self) -> str:
        return "female" if int(self.text[3]) % 2 else "male"

    @property
    def birth_year(self) -> int:
        """The fourth digit tells the century (and the sex): 0 and 1 are 19xx, 2 and 3 are 20xx, … 8 and 9 are 23xx."""
        return 1900 + 100 * (int(self.text[3]) // 2) + int(self.text[4:6])

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class TaxCode:
    """The tax code (mã số thuế) of an enterprise, or of a branch of it (`branch` 001 to 999)."""

    number: str
    branch: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 10 or 13 digits, with dots or spaces anywhere and a dash before the branch.

        Raises:
            InvalidCode: the shape, the branch 000, or the check digit is wrong.
        """
        kind = "tax code"
        match = _TAX.fullmatch(text.replace(".", "").replace(" ", ""))
        if match is None:
            raise InvalidCode(kind, text, "it is 10 digits, and 3 more for a branch: 0100112437 or 0100112437-011")
        number, branch = match.groups()
        if branch == "000":
            raise InvalidCode(kind, text, "branches are numbered from 001")
        if _weighted(number, TAX_WEIGHTS) % 11 != 10 - int(number[9]):
            raise InvalidCode(kind, text, "its tenth digit does not fit the nine before it; one of them is mistyped")
        return cls(number, branch)

    def __str__(self) -> str:
        return self.number if self.branch is None else f"{self.number}-{self.branch}"


def parse_payer_tax_code(text: str) -> TaxCode | PersonalId:
    """Read the tax code of whoever pays: since 2025-07-01 a person's is the personal id (TT 86/2024/TT-BTC)."""
    if _PERSONAL.fullmatch(text.replace(" ", "")):
        return PersonalId.parse(text)
    try:
        return TaxCode.parse(text)
    except InvalidCode as wrong:
        raise InvalidCode("payer's tax code", text, f"{wrong.reason}; a person's is 12 digits") from None


@dataclass(frozen=True, slots=True)
class ItemCode:
    """The UPU S10 identifier on a parcel: `RA473124829GB`.

    A carrier may use codes of its own inside the country, so a code that does not parse is a question to whoever
    typed it, not yet a wrong code.
    """

    service: str
    serial: str
    country: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an identifier; small letters and spaces are taken.

        Raises:
            InvalidCode: the shape or the check digit is wrong.
        """
        kind = "item code"
        match = _ITEM.fullmatch(text.replace(" ", "").upper())
        if match is None:
            raise InvalidCode(kind, text, "it is two letters, nine digits and the country, like RA473124829GB")
        service, serial, digit, country = match.groups()
        if int(digit) != cls.check_digit(serial):
            raise InvalidCode(kind, text, "its last digit does not fit the eight before it; one of them is mistyped")
        return cls(service, serial, country)

    @staticmethod
    def check_digit(serial: str) -> int:
        """Return the ninth digit for eight: 11 minus the weighted sum modulo 11, where 10 is written 0 and 11 is 5."""
        remainder = 11 - _weighted(serial, ITEM_WEIGHTS) % 11
        return {10: 0, 11: 5}.get(remainder, remainder)

    def __str__(self) -> str:
        return f"{self.service}{self.serial}{self.check_digit(self.serial)}{self.country}"


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    """Return the sum of the leading digits, each times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
