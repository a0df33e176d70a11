"""Made-up people and firms: names, numbers and addresses from lists and chance, never anybody's.

Numbers have the form the law gives them (12-digit personal id, tax code with its check digit); the mail domain is the
one reserved for examples.
"""

import unicodedata
from dataclasses import dataclass
from random import Random
from typing import Final

from kernel.agency import Agency
from kernel.codes import TAX_WEIGHTS

SURNAMES: Final = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Mai",
    "Rơ Châm", "Siu", "Phan", "Trương",
)  # fmt: skip
MIDDLES: Final = {
    "male": ("Văn", "Hữu", "Đức", "Minh", "Quang", "Thanh", "Xuân", "Công"),
    "female": ("Thị", "Ngọc", "Thu", "Thanh", "Kim", "Mỹ", "Bích", "Hồng"),
}
GIVEN: Final = {
    "male": ("An", "Bình", "Dũng", "Hải", "Hùng", "Khoa", "Long", "Nam", "Phúc", "Sơn", "Tài", "Thắng", "Vinh"),
    "female": ("Anh", "Chi", "Hà", "Hạnh", "Hương", "Lan", "Linh", "Mai", "Nga", "Nhung", "Thảo", "Trang", "Vân"),
}  # fmt: skip
STREETS: Final = (
    "Trần Phú", "Lê Hồng Phong", "Phan Đình Phùng", "Nguyễn Huệ", "Hoàng Văn Thụ", "Trần Hưng Đạo", "Duy Tân",
    "Bà Triệu", "Ngô Quyền", "Hùng Vương", "Lê Lợi", "Trường Chinh",
)  # fmt: skip
TRADES: Final = ("Dược liệu", "Điện gió", "Du lịch sinh thái", "Chế biến gỗ", "Nông sản sạch", "Vật liệu xây dựng")
SIGNS: Final = ("Sao Đêm", "Hoa Sim", "Tây Nguyên", "Măng Đen", "Sông Đăk Bla", "Tiếng Hát", "Phố Núi", "Ngọc Linh")
PLACES: Final = ("051", "062", "064", "049")
"""Place codes of personal ids: Quảng Ngãi, Kon Tum before they merged, and two neighbours."""
MOBILE: Final = ("032", "035", "039", "070", "079", "083", "091", "097")
GROWN_UP: Final = (1956, 2003)
OLD: Final = (1930, 1966)
SCHOOL_AGE: Final = (6, 15)
"""Years of birth of grown-ups and of the old, and how old a child is."""
PROVINCES: Final = {"H34": "tỉnh Kon Tum", "H48": "tỉnh Quảng Ngãi"}
DESKS: Final = ("Trung tâm Phục vụ hành chính công ", "Bộ phận Tiếp nhận và Trả kết quả ")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name and a number; a firm has a tax code instead of a personal id."""

    name: str
    address: str
    phone: str
    email: str
    personal_id: str = ""
    tax_code: str = ""


def citizen(chance: Random, place: Agency, born: tuple[int, int] = GROWN_UP) -> Person:
    """Return a grown-up who lives in the unit of `place`."""
    sex = chance.choice(("male", "female"))
    name = " ".join((chance.choice(SURNAMES), chance.choice(MIDDLES[sex]), chance.choice(GIVEN[sex])))
    phone = chance.choice(MOBILE) + _digits(chance, 7)
    return Person(
        name,
        address(chance, place),
        phone,
        _mail(name, phone),
        personal_id=_personal_id(chance, sex, chance.randrange(*born)),
    )


def elder(chance: Random, place: Agency) -> Person:
    """Return somebody who was old when they died."""
    return citizen(chance, place, OLD)


def child(chance: Random, place: Agency, year: int) -> Person:
    """Return a child at school."""
    return newborn(chance, place, year - chance.randrange(*SCHOOL_AGE))


def newborn(chance: Random, place: Agency, year: int) -> Person:
    """Return a child born this year, under the number that is reserved for it."""
    sex = chance.choice(("male", "female"))
    name = " ".join((chance.choice(SURNAMES), chance.choice(MIDDLES[sex]), chance.choice(GIVEN[sex])))
    return Person(name, address(chance, place), "", "", personal_id=_personal_id(chance, sex, year))


def karaoke_house(chance: Random, place: Agency) -> Person:
    """Return a household business that wants to open a karaoke house."""
    name = f"Hộ kinh doanh karaoke {chance.choice(SIGNS)} {chance.randrange(1, 100)}"
    phone = chance.choice(MOBILE) + _digits(chance, 7)
    return Person(name, address(chance, place), phone, _mail("karaoke", phone), tax_code=tax_code(chance))


def enterprise(chance: Random, place: Agency) -> Person:
    """Return a company that wants to invest."""
    name = f"Công ty Cổ phần {chance.choice(TRADES)} {chance.choice(SIGNS)} {chance.randrange(1, 100)}"
    phone = chance.choice(MOBILE) + _digits(chance, 7)
    return Person(name, address(chance, place), phone, _mail("dautu", phone), tax_code=tax_code(chance))


def address(chance: Random, place: Agency) -> str:
    unit = place.name_vi
    for desk in DESKS:
        unit = unit.removeprefix(desk)
    province = PROVINCES[place.id.split(".")[0]]
    return f"{chance.randrange(1, 400)} {chance.choice(STREETS)}, {unit}, {province}"


def tax_code(chance: Random) -> str:
    """Return ten digits whose last one fits the nine before it; one beginning in eleven fits none."""
    while True:
        nine = "6" + _digits(chance, 8)
        last = 10 - sum(int(digit) * weight for digit, weight in zip(nine, TAX_WEIGHTS, strict=True)) % 11
        if last < 10:
            return f"{nine}{last}"


def _personal_id(chance: Random, sex: str, year: int) -> str:
    century = 2 * ((year - 1900) // 100) + (1 if sex == "female" else 0)
    return f"{chance.choice(PLACES)}{century}{year % 100:02d}{_digits(chance, 6)}"


def _digits(chance: Random, count: int) -> str:
    return f"{chance.randrange(10**count):0{count}d}"


def _mail(name: str, phone: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("Đ", "D").replace("đ", "d")).encode("ascii", "ignore").decode()
    return f"{plain.replace(' ', '.').lower()}.{phone[-3:]}@example.com"
