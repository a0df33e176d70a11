"""Lists the files that came with a dossier, for whoever may open them; nothing is opened for the list.

Law: NĐ 118/2025/NĐ-CP art. 15 (papers handed in electronically); NĐ 61/2018/NĐ-CP arts. 5, 25; Luật 91/2025/QH15 (a
file's own name is personal data: the list says which component it is of, and opening it is written down).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from chassis.registry import NotInRegistry
from chassis.service import Parts
from chassis.uploads import is_gone
from chassis.vault_port import parts_of
from chassis.web.acts import Border
from chassis.web.auth import APPLICANT, DESK_OFFICER, may
from chassis.web.auth_filter import ROLE_WORDS
from chassis.web.pages import Frame
from chassis.web.refs import resolve
from kernel.calendar import Words
from services.intake.domain.files import FileTaken
from services.intake.domain.state import Dossier
from services.intake.pages.words import word
from services.intake.projections.files import PURPOSE_OF, READ_THE_FILES, files_of
from services.intake.projections.shown import scope

PATH: Final = "/dossiers/{ref}/files"
LIST: Final = "list"
"""What a page that is open already asks for as `part`: the list alone, without the page around it."""
HASH_SHOWN: Final = 12
KILO: Final = 1_024
ERASED: Final = Words("Đã xóa theo yêu cầu, không đọc được nữa", "Erased on request, cannot be read any more")
GONE: Final = Words("Không còn trong kho tệp", "Not in the file store any more")


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file as the list shows it.

    Args:
        href: where it is opened, or "" where nobody can open it any more; `closed` then says why.
        sha256: of the file as it rests, sealed, whole; `hash_shown` is its beginning.
    """

    component: Words
    type: Words
    size: Words
    at: datetime
    by: Words
    sha256: str
    hash_shown: str
    href: str
    closed: Words | None


class DossierFiles:
    """Answers with the list, as a page of its own or as the part of another page."""

    def __init__(self, frame: Frame, border: Border, parts: Parts) -> None:
        self._frame = frame
        self._store = border.running.store
        self._lane = border.running.lane
        self._parts = parts

    async def page(self, request: Request) -> Response:
        """Show the list; a dossier that is not there answers like one whose files are not for this visitor."""
        principal = self._frame.visitor(request).principal
        ref = resolve(self._store, request.path_params["ref"])
        dossier: Dossier = self._lane.durable_state(f"dossier-{ref}")[0]
        if not may(principal, READ_THE_FILES, scope(dossier)):
            return self._frame.page(request, "missing.html", 404)
        lines = await run_in_threadpool(self._lines, ref, dossier, PURPOSE_OF[principal.role])
        template = "files_list.html" if request.query_params.get("part") == LIST else "files.html"
        return self._frame.page(request, template, lines=lines, code=dossier.code, ref=ref)

    def _lines(self, ref: str, dossier: Dossier, purpose: str) -> tuple[FileLine, ...]:
        names = self._names(dossier)
        return tuple(self._line(taken, dossier, purpose, names) for taken in sorted(self._taken(ref), key=_in_order))

    def _taken(self, ref: str) -> Iterator[FileTaken]:
        for file in files_of(self._store, ref):
            taken: FileTaken | None = self._lane.durable_state(f"file-{file}")[0].taken
            if taken is not None:
                yield taken

    def _names(self, dossier: Dossier) -> dict[str, Words]:
        """Return what the components of a dossier's procedure are called, as far as the registry still has it."""
        assert dossier.submission is not None, "the scope let through only what exists"
        pinned = dossier.submission.procedure, dossier.submission.procedure_version
        try:
            known = self._parts.registry.procedure(*pinned).components
        except NotInRegistry:
            known = ()
        return {component.code: Words(component.name_vi, component.name_en) for component in known}

    def _line(self, taken: FileTaken, dossier: Dossier, purpose: str, names: Mapping[str, Words]) -> FileLine:
        closed = self._closed(taken)
        return FileLine(
            component=names.get(taken.component, Words(taken.component, taken.component)),
            type=word("media_type", taken.media_type),
            size=in_units(taken.size_bytes),
            at=taken.at,
            by=ROLE_WORDS[role_of(taken.by, dossier)],
            sha256=taken.sha256,
            hash_shown=taken.sha256[:HASH_SHOWN],
            href="" if closed else f"/api/v1/dossiers/{taken.ref}/files/{taken.file}?purpose={purpose}",
            closed=closed,
        )

    def _closed(self, taken: FileTaken) -> Words | None:
        if self._parts.vault.is_forgotten(parts_of(taken.sealed)[0]):
            return ERASED
        return GONE if is_gone(self._parts.uploads.store, taken.file) else None


def _in_order(taken: FileTaken) -> tuple[datetime, str, str]:
    return taken.at, taken.component, taken.file


def role_of(by: str, dossier: Dossier) -> str:
    """Return who handed a file in as a role, never by the id that stands in the event."""
    assert dossier.submission is not None, "the scope let through only what exists"
    kind = by.partition(":")[0]
    if by in (dossier.submission.applicant, dossier.submission.submitter):
        return APPLICANT
    return kind if kind in ROLE_WORDS else DESK_OFFICER


def in_units(size_bytes: int) -> Words:
    """Return a size as people say it: `2,7 MB`, with a point in English."""
    if size_bytes < KILO:
        return Words(f"{size_bytes} byte", f"{size_bytes} bytes")
    kilos = size_bytes / KILO
    if round(kilos) < KILO:
        return Words(f"{kilos:.0f} KB", f"{kilos:.0f} KB")
    text = f"{kilos / KILO:.1f} MB"
    return Words(text.replace(".", ","), text)
