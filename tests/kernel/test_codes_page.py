"""docs/algorithms/codes.md runs: what is read, what is refused and why, and what is the same code in other words."""

from collections.abc import Callable
from datetime import date
from itertools import takewhile
from pathlib import Path

import pytest

from kernel.codes import AgencyId, DossierCode, InvalidCode, PersonalId, ProcedureCode, TaxCode

PAGE = Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "codes.md"
REFUSED = "refused"
WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def table(*columns: str) -> list[list[str]]:
    """Return the rows of the page's table that has these columns; what stands in backticks is taken as it stands."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    head = lines.index(f"| {' | '.join(columns)} |")
    rows = takewhile(lambda line: line.startswith("|"), lines[head + 2 :])
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


def refused(reader: Callable[[str], object], text: str) -> str:
    """Return why a reader refuses a text."""
    with pytest.raises(InvalidCode) as refusal:
        reader(text)
    return refusal.value.reason


@pytest.mark.parametrize(
    ("written", "agency", "day", "number", "source"),
    table("written", "agency", "day", "number", "generation and source"),
)
def test_every_generation_of_dossier_code_is_read(
    written: str, agency: str, day: str, number: str, source: str
) -> None:
    """TT 01/2018 art. 19, TT 03/2025 arts. 13 and 13.3."""
    code = DossierCode.parse(written)
    assert (str(code.agency), code.received_on, code.number) == (agency, date.fromisoformat(day), number), source
    assert str(code) == written.strip().upper(), "it is printed as it was issued"


@pytest.mark.parametrize(("written", "because"), table("refused", "because"))
def test_what_is_no_dossier_code_is_refused_with_the_reason(written: str, because: str) -> None:
    assert because in refused(DossierCode.parse, written)


@pytest.mark.parametrize(("one", "other"), table("one spelling", "the other"))
def test_the_same_dossier_is_found_by_either_spelling(one: str, other: str) -> None:
    """An applicant types what stands on an older paper."""
    first, second = DossierCode.parse(one), DossierCode.parse(other)
    assert set(first.spellings) == set(second.spellings)
    assert str(first) in second.spellings


@pytest.mark.parametrize(("one", "another"), table("one", "another"))
def test_other_dossiers_are_never_taken_for_it(one: str, another: str) -> None:
    assert not set(DossierCode.parse(one).spellings) & set(DossierCode.parse(another).spellings)


@pytest.mark.parametrize(("written", "read_as", "why"), table("written", "read as", "why"))
def test_agencies_are_read_largest_body_first(written: str, read_as: str, why: str) -> None:
    """QĐ 20/2020/QĐ-TTg."""
    if read_as == REFUSED:
        assert refused(AgencyId.parse, written), why
    else:
        assert str(AgencyId.parse(written)) == read_as, why


@pytest.mark.parametrize(("written", "base", "owner", "why"), table("written", "national code", "owner", "why"))
def test_procedures_are_national_or_a_provinces(written: str, base: str, owner: str, why: str) -> None:
    if base == REFUSED:
        assert refused(ProcedureCode.parse, written), why
        return
    code = ProcedureCode.parse(written)
    assert (code.base, str(code.owner or "–")) == (base, owner), why


@pytest.mark.parametrize(("written", "place", "sex", "born", "why"), table("written", "place", "sex", "born", "why"))
def test_a_personal_id_is_twelve_digits_and_no_more_is_checked(
    written: str, place: str, sex: str, born: str, why: str
) -> None:
    """NĐ 137/2015 art. 13."""
    if place == REFUSED:
        assert written not in refused(PersonalId.parse, written), why
        return
    person = PersonalId.parse(written)
    assert (person.place_code, person.sex, str(person.birth_year)) == (place, sex, born), why


@pytest.mark.parametrize(
    ("written", "weighted", "modulo", "digit", "read_as", "why"),
    table("written", "weighted sum", "modulo 11", "tenth digit", "read as", "why"),
)
def test_a_tax_code_is_checked_by_its_tenth_digit(
    written: str, weighted: str, modulo: str, digit: str, read_as: str, why: str
) -> None:
    """TT 105/2020/TT-BTC art. 5: the page's own sum, not the code's."""
    digits = [int(sign) for sign in written if sign.isdigit()]
    total = sum(each * weight for each, weight in zip(digits, WEIGHTS, strict=False))
    assert (total, total % 11) == (int(weighted), int(modulo)), why
    assert (str(10 - total % 11) if total % 11 else "none") == digit, why
    if read_as == REFUSED:
        assert refused(TaxCode.parse, written)
    else:
        assert str(TaxCode.parse(written)) == read_as, why
