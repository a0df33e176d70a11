"""A file of a dossier: taken once, by one component of one dossier; what names it must have it.

Law: NĐ 118/2025 art. 15; NĐ 61/2018 art. 5.
"""

from dataclasses import replace
from datetime import UTC, datetime

from services.intake.domain import files, rules
from services.intake.domain.files import FileTaken, TakeFile, unknown
from services.intake.domain.words import FileBrought
from tests.spec import given

NOW = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
REF = "01JD3V70000000000000000001"
FILE = "f" + "0" * 24
BROUGHT = FileBrought(FILE, 0, "declaration", "s1.p.sealed", 1_200, "application/pdf", "ab" * 32)
TAKEN = FileTaken(FILE, REF, "declaration", "s1.p.sealed", 1_200, "application/pdf", "ab" * 32, "officer:1", NOW)


def take(ref: str = REF, brought: FileBrought = BROUGHT) -> TakeFile:
    return TakeFile(ref=ref, brought=brought, actor="officer:1", now=NOW)


def test_a_dossier_takes_a_file() -> None:
    """With its key sealed for the applicant and its hash as it rests."""
    given(files.decider).when(take()).then(TAKEN)


def test_the_same_dossier_takes_it_once() -> None:
    """Handed in again it is there already, however often its key was sealed."""
    again = replace(BROUGHT, sealed="s1.p.sealed-again", place=3)
    given(files.decider, TAKEN).when(take(brought=again)).then_nothing()


def test_no_other_dossier_takes_it() -> None:
    """Nor another component of the same one."""
    given(files.decider, TAKEN).when(take(ref="01JD3V70000000000000000002")).refused(rules.FILE_NAMED_TWICE.code)
    other = replace(BROUGHT, component="identity_paper")
    given(files.decider, TAKEN).when(take(brought=other)).refused(rules.FILE_NAMED_TWICE.code)


def test_what_is_not_there_is_named_by_its_place() -> None:
    """Every one at once, as the list was handed in; a file that stands twice in it, too."""
    lost = (FileBrought(FILE, 2, "declaration"), BROUGHT, FileBrought("f" + "1" * 24, 5, "photos"))
    refused = unknown(lost)
    assert refused is not None
    assert refused.rule is rules.FILE_UNKNOWN
    assert [one.name for one in refused.invalid] == ["components[2].file", "components[5].file"]
    twice = unknown((BROUGHT, replace(BROUGHT, place=1, component="photos")))
    assert twice is not None
    assert (twice.rule, twice.invalid[0].name) == (rules.FILE_NAMED_TWICE, "components[1].file")
    assert unknown((BROUGHT,)) is None
