"""Intake's table of contents, put together from the parts it is given."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final, get_args

from fastapi import APIRouter

from chassis.registry import AreaNeeded, NotInRegistry, Registry
from chassis.service import Invariant, Parts, Route, SagaRoute, Service
from chassis.stores.store import Store
from chassis.unit import Unit
from chassis.uploads import Uploads
from chassis.vault import CannotOpen, Vault
from chassis.web.acts import Border
from chassis.web.auth import DevelopmentIssuer
from chassis.web.pages import Frame
from kernel.agency import Agency
from kernel.calendar import VIETNAM
from kernel.codes import AgencyId, DossierCode
from kernel.procedure import Procedure
from kernel.refusal import Refused
from kernel.working_time import Calendar
from services.intake.api import acts
from services.intake.api_files import file_routes as way_out
from services.intake.domain import commands, files, numbering
from services.intake.domain import dossier as dossiers
from services.intake.domain.events import DossierSubmitted, Event
from services.intake.domain.files import TakeFile
from services.intake.domain.invariants import strayed_dossiers, wrong_codes, wrong_numbers
from services.intake.domain.numbering import IssueNumber, KeepPortalNumber, Numbers
from services.intake.domain.particulars import may_not_correct
from services.intake.domain.state import Dossier
from services.intake.domain.words import AGENCY
from services.intake.gateways.portal.routes import portal_routes
from services.intake.pages.routes import TEMPLATES
from services.intake.pages.routes import router as forms
from services.intake.policies import HEARS, timers
from services.intake.projections.dossiers import codes
from services.intake.projections.dossiers import dossiers as rows
from services.intake.projections.files import files as taken_files
from services.intake.projections.look_ups import LISTINGS, catalogue_routes, views
from services.intake.projections.open_matters import open_matters
from services.intake.projections.slips import OPENED
from services.intake.publishing import PUBLISHED, publish
from services.intake.sagas import clock_starts_when_paid, result_reaches_applicant

EVENTS: Final[tuple[type, ...]] = (*get_args(Event), *get_args(numbering.Event), files.FileTaken)
ACTING_REMEMBERED: Final = 8_192

INVARIANTS: Final = (
    Invariant("numbers", "every agency numbers the dossiers of a day without a gap or a repeat", wrong_numbers),
    Invariant("codes", "a dossier code names one dossier and is its number in the books", wrong_codes),
    Invariant("courses", "every dossier went a way the law knows, and paid before it was handed out", strayed_dossiers),
)


def stream_of(command: Any) -> str:
    """Return the stream of the dossier that a command is about."""
    return f"dossier-{command.ref}"


def book_of(command: IssueNumber | KeepPortalNumber) -> str:
    """Return the stream that numbers the dossiers of one agency and day."""
    return f"numbering-{command.agency}-{command.day:%y%m%d}"


@dataclass(frozen=True, slots=True)
class Preparation:
    """Fills in what a command needs from the registry and from the book of numbers.

    What the dossier would not look at any more is not looked up: a repeated command costs nothing.
    """

    registry: Registry
    vault: Vault
    acting: Callable[[Procedure, frozenset[str], str, str | None, date], tuple[str, ...] | None]
    categories: Callable[[str], tuple[str, ...]]

    def submission(self, command: commands.SubmitDossier, unit: Unit) -> commands.SubmitDossier:
        """Look up the procedure in force, the desk, who will act, and the groups of the fee schedule."""
        if _dossier(command, unit).submission is not None:
            return command
        today = command.now.astimezone(VIETNAM).date()
        published, agency = self._published(command.procedure, today), self._agency(command.receiving_agency)
        if published is None or agency is None:
            return replace(command, published=published, agency=agency)
        return replace(
            command,
            published=published,
            agency=agency,
            agencies=self._agencies(published, command, today),
            categories=() if published.fee_rule is None else self.categories(published.fee_rule),
        )

    def acceptance(self, command: commands.AcceptDossier, unit: Unit) -> commands.AcceptDossier | Refused:
        """Look up the pinned version and the calendar, and take the next number unless the portal gave one."""
        dossier = _dossier(command, unit)
        submission = dossier.submission
        if submission is None or dossier.phase != "submitted":
            return replace(command, published=self._pinned(dossier))
        day = command.now.astimezone(VIETNAM).date()
        code = submission.portal_code or ""
        if not code:
            issue = IssueNumber(
                ref=command.ref, agency=submission.receiving_agency, day=day, actor=command.actor, now=command.now
            )
            refused = unit.run(issue)
            if isinstance(refused, Refused):
                return refused
            numbers: Numbers = unit.state(book_of(issue))[0]
            receiving = self.registry.agency(submission.receiving_agency)
            code = str(DossierCode.issue(AgencyId.parse(receiving.id), day, numbers.held[command.ref]))
        prepared = self._with_law(command, dossier)
        return replace(prepared, code=code, elsewhere=self._elsewhere(submission, prepared.published))

    def with_procedure(self, command: Any, unit: Unit) -> Any:
        """Look up the version that the dossier is pinned to."""
        return replace(command, published=self._pinned(_dossier(command, unit)))

    def with_procedure_and_calendar(self, command: Any, unit: Unit) -> Any:
        """Look up the version and the calendar that the dossier is pinned to."""
        return self._with_law(command, _dossier(command, unit))

    def acceptance_of_paid(self, command: commands.AcceptPaidDossier, unit: Unit) -> commands.AcceptPaidDossier:
        """Look up what an acceptance needs; the number was given when the fee was asked for."""
        dossier = _dossier(command, unit)
        prepared = self._with_law(command, dossier)
        if dossier.submission is None:
            return prepared
        return replace(prepared, elsewhere=self._elsewhere(dossier.submission, prepared.published))

    def correction(self, command: commands.CorrectParticulars, unit: Unit) -> commands.CorrectParticulars:
        """Seal the particulars that hold now with what is corrected of them; a person who was forgotten has none."""
        dossier = _dossier(command, unit)
        submission, sealed = dossier.submission, dossier.particulars(command.whose)
        if submission is None or may_not_correct(command, submission, dossier) is not None:
            return command
        person = submission.applicant if command.whose == "applicant" else submission.submitter
        try:
            held = self.vault.open(sealed, command.actor, "correction", OPENED, command.now, about=command.ref)
            corrected = self.vault.seal(person, held | dict(command.corrected))
        except CannotOpen:
            return command
        self.vault.also_known(person, "phone", command.corrected.get("phone", ""))
        return replace(command, particulars=corrected)

    def _with_law(self, command: Any, dossier: Dossier) -> Any:
        return replace(command, published=self._pinned(dossier), calendar=self._calendar(dossier))

    def _agencies(self, published: Procedure, command: commands.SubmitDossier, today: date) -> tuple[str, ...] | None:
        """Return who will act in the steps that this dossier takes; None where its area does not tell."""
        try:
            taken = published.steps_for(command.options, command.facts)
        except KeyError:
            return None  # a fact is missing, and is asked for before an area is
        acting = frozenset(step.code for step in taken if step.party == AGENCY)
        return self.acting(published, acting, command.receiving_agency, command.area, today)

    def _elsewhere(self, submission: DossierSubmitted, published: Procedure | None) -> bool:
        """Say whether the dossier begins at an agency of an area that the receiving desk does not serve."""
        if submission.area is None or published is None:
            return False
        served = self.registry.agency(submission.receiving_agency).areas
        if submission.area in served:
            return False
        first = self._first_acting(submission, published)
        return any(submission.area in self.registry.agency(id).areas for id in first)

    def _first_acting(self, submission: DossierSubmitted, published: Procedure) -> tuple[str, ...]:
        taken = published.steps_for(submission.options, submission.facts)
        codes = {step.code for step in taken}
        first = frozenset(step.code for step in taken if step.party == AGENCY and codes.isdisjoint(step.needs))
        on = submission.at.astimezone(VIETNAM).date()
        return self.acting(published, first, submission.receiving_agency, submission.area, on) or ()

    def _published(self, code: str, today: date) -> Procedure | None:
        try:
            return self.registry.procedure(code, on=today)
        except NotInRegistry:
            return None

    def _agency(self, id: str) -> Agency | None:
        try:
            return self.registry.agency(id)
        except NotInRegistry:
            return None

    def _pinned(self, dossier: Dossier) -> Procedure | None:
        """Return the version that the dossier is pinned to; a registry that has lost it is a fault of the operator."""
        submission = dossier.submission
        if submission is None:
            return None
        return self.registry.procedure(submission.procedure, version=submission.procedure_version)

    def _calendar(self, dossier: Dossier) -> Calendar | None:
        """Return the calendar of the appointment, or the receiving desk's newest while there is none."""
        if dossier.acceptance is not None:
            return self.registry.calendar_version(dossier.acceptance.calendar_id, dossier.acceptance.calendar_version)
        return None if dossier.submission is None else self.registry.calendar(dossier.submission.receiving_agency)


def _dossier(command: Any, unit: Unit) -> Dossier:
    dossier: Dossier = unit.state(stream_of(command))[0]
    return dossier


def _acting_in(registry: Registry) -> Callable[..., tuple[str, ...] | None]:
    """Return what finds the agencies of a dossier, each once; it walks the registry once for each kind of case."""

    @lru_cache(ACTING_REMEMBERED)
    def known(
        code: str, version: str, taken: frozenset[str], receiving: str, area: str | None, on: date
    ) -> tuple[str, ...] | None:
        steps = (step for step in registry.procedure(code, version=version).steps if step.code in taken)
        try:
            agencies = (registry.acting_agency(step, receiving, on, area).id for step in steps)
            return tuple(dict.fromkeys(agencies))
        except (AreaNeeded, NotInRegistry):
            return None

    def acting(
        procedure: Procedure, taken: frozenset[str], receiving: str, area: str | None, on: date
    ) -> tuple[str, ...] | None:
        return known(procedure.code, procedure.version, taken, receiving, area, on)

    return acting


def _categories_of(registry: Registry) -> Callable[[str], tuple[str, ...]]:
    """Return what finds the groups of applicants that a fee schedule knows."""

    @lru_cache
    def categories(fee_rule: str) -> tuple[str, ...]:
        tariffs = (tariff for line in registry.fee_rule(fee_rule).lines for tariff in line.tariffs)
        return tuple(dict.fromkeys(category for tariff in tariffs for category in tariff.categories))

    return categories


def _take_files(
    command: commands.SubmitDossier | commands.ReceiveSupplement, events: tuple[Event, ...]
) -> tuple[TakeFile, ...]:
    """What a dossier names belongs to it in the same transaction, or the dossier does not name it."""
    if not events:
        return ()
    return tuple(TakeFile(ref=command.ref, brought=one, actor=command.actor, now=command.now) for one in command.files)


def _after_submission(
    command: commands.SubmitDossier, events: tuple[Event, ...]
) -> tuple[KeepPortalNumber | TakeFile, ...]:
    return (*_keep_portal_number(command, events), *_take_files(command, events))


def _keep_portal_number(command: commands.SubmitDossier, events: tuple[Event, ...]) -> tuple[KeepPortalNumber, ...]:
    """A number that the portal gave is kept in the same book, so that nobody else gets it."""
    if command.portal_code is None or not any(isinstance(event, DossierSubmitted) for event in events):
        return ()
    code = DossierCode.parse(command.portal_code)
    return (
        KeepPortalNumber(
            ref=command.ref,
            agency=str(code.agency),
            day=code.received_on,
            sequence=int(code.number),
            actor=command.actor,
            now=command.now,
        ),
    )


def _routes(prepare: Preparation) -> dict[type, Route]:
    """Return how each command finds its stream, and what it is prepared with."""
    plain = (
        commands.RecordHandover, commands.RecordCollectionFailed, commands.StopForSilence, commands.StopForNonPayment,
        commands.RefuseDossier, commands.WithdrawDossier, commands.RecordWithdrawal, commands.DeclineWithdrawal,
        commands.RecordSettlement, commands.RecordResult, commands.RecordRevocation, commands.RecordSentBack,
        commands.ResolveDossier, commands.DispatchResult, commands.KeepAtDesk, commands.HandOut,
        commands.RecordAppointment, commands.DigitiseComponent,
    )  # fmt: skip
    decider = dossiers.decider
    return {kind: Route(decider, stream_of) for kind in plain} | {
        commands.SubmitDossier: Route(decider, stream_of, prepare.submission, _after_submission),
        commands.AcceptDossier: Route(decider, stream_of, prepare.acceptance),
        commands.ReceiveSupplement: Route(decider, stream_of, prepare.with_procedure, _take_files),
        commands.AskForSupplement: Route(decider, stream_of, prepare.with_procedure_and_calendar),
        commands.AcceptPaidDossier: Route(decider, stream_of, prepare.acceptance_of_paid),
        commands.CorrectParticulars: Route(decider, stream_of, prepare.correction),
        commands.AnswerSentBack: Route(decider, stream_of, prepare.with_procedure_and_calendar),
        IssueNumber: Route(numbering.decider, book_of),
        KeepPortalNumber: Route(numbering.decider, book_of),
        TakeFile: Route(files.decider, lambda command: f"file-{command.brought.file}"),
    }


def _open_matters(uploads: Uploads) -> Callable[[Store, str], tuple[str, ...]]:
    """Return what looks for open matters; first, keys of files that dossiers have are destroyed where else they are."""

    def of(store: Store, person: str) -> tuple[str, ...]:
        uploads.sweep()
        if person == uploads.platform_person:
            return ("files on their way in are kept under this key",)
        return open_matters(store, person)

    return of


def file_routes(parts: Parts, issuer: DevelopmentIssuer, border: Border) -> APIRouter:
    """Return the way out for the files of dossiers."""
    return way_out(parts, border, issuer)


def pages(parts: Parts, issuer: DevelopmentIssuer, border: Border) -> APIRouter:
    """Return the desk's printable forms, the page on which it puts right what stands wrong, and the lists of files."""
    return forms(Frame(issuer, border.clock, TEMPLATES), border, parts)


def service(parts: Parts) -> Service:
    """Return the one-stop desk, to be run on `parts`."""
    registry = parts.registry
    prepare = Preparation(registry, parts.vault, _acting_in(registry), _categories_of(registry))
    return Service(
        name="intake",
        open_matters=_open_matters(parts.uploads),
        events=EVENTS,
        streams={"dossier": dossiers.decider, "numbering": numbering.decider, "file": files.decider},
        routes=_routes(prepare),
        publish=publish,
        published=PUBLISHED,
        hears=HEARS,
        sagas=tuple(
            SagaRoute(one.saga, one.HEARS, one.OWN, one.FACTS)
            for one in (clock_starts_when_paid, result_reaches_applicant)
        ),
        timers=timers,
        timer_commands=(commands.StopForSilence, commands.StopForNonPayment),
        projections=(rows, codes, taken_files),
        acts=acts(parts.vault, parts.uploads),
        views=views(parts.vault, registry),
        listings=LISTINGS,
        extra_routes=(*catalogue_routes(registry, parts.clock), *portal_routes(parts)),
        invariants=INVARIANTS,
    )
