"""From the portal's words to the desk's: one item of DongBoHoSoMC to one submission.

What the message does not say is not made up. Two things follow from what it does say: a case holds where the paper that
only this case needs was handed in, and where one relation alone needs no paper of authority, it is the submitter's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis.registry import NotInRegistry, Registry
from chassis.vault import Vault
from kernel.calendar import VIETNAM
from kernel.codes import AgencyId, DossierCode, InvalidCode, PersonalId, TaxCode
from kernel.procedure import Procedure
from services.intake.domain.commands import SubmitDossier
from services.intake.domain.words import (
    NORMAL,
    SELF,
    ApplicantKind,
    Channel,
    ComponentGiven,
    FactValue,
    HandOutWay,
    PaperForm,
)
from services.intake.gateways.portal.message import Attachment, Declared, Item
from services.intake.gateways.portal.words import DATABASES, Generation

ACTOR: Final = "portal:dvcqg"


class Untranslatable(ValueError):
    """The message says something that has no meaning here; the text names the portal's own field."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person as the vault and the desk know one."""

    id: str
    particulars: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Translation:
    """Turns items of one generation into commands."""

    generation: Generation
    registry: Registry
    vault: Vault

    def submission(self, ref: str, item: Item, raw: dict[str, Any], now: datetime) -> SubmitDossier:
        """Return the submission that an item means; `raw`, the item as it came, is sealed with it.

        Raises:
            Untranslatable: a code is not in the list, or the applicant has no number.
        """
        procedure = self._procedure(item, now)
        declared = item.declared
        kind = self._applicant_kind(item)
        applicant = self._applicant(item, kind)
        self.vault.also_known(applicant.id, "phone", item.phone)
        relation, submitter = self._submitter(item, declared, procedure, applicant)
        components = self.components(item, procedure)
        way = self._way(item, procedure)
        to = {"name": item.applicant, "address": item.hand_out_to or item.address, "phone": item.phone}
        return SubmitDossier(
            ref=ref,
            procedure=item.national_procedure,
            channel=self._channel(item),
            receiving_agency=self._receiving_agency(item),
            area=declared.area or self._area(item),
            applicant=applicant.id,
            applicant_kind=kind,
            category=declared.category or NORMAL,
            particulars=self.vault.seal(applicant.id, applicant.particulars | {"portal_message": raw}),
            submitter=submitter.id,
            submitter_particulars="" if relation == SELF else self.vault.seal(submitter.id, submitter.particulars),
            relation=relation,
            components=components,
            options=tuple(dict.fromkeys(declared.options)),
            hand_out_by=way,
            hand_out_to=self.vault.seal(applicant.id, to) if way == "post" and to["address"] else "",
            facts=_facts(procedure, declared, components),
            portal_code=item.code,
            actor=ACTOR,
            now=now,
            published_by=item.published_by,
        )

    def components(self, item: Item, procedure: Procedure) -> tuple[ComponentGiven, ...]:
        """Return the papers handed in, as far as they are components of the procedure."""
        codes = {component.name_vi.casefold(): component.code for component in procedure.components}
        codes |= {component.code.casefold(): component.code for component in procedure.components}
        named = (
            (attachment, codes.get(attachment.code.casefold()) or codes.get(attachment.file_name.casefold()))
            for attachment in item.attachments
            if not attachment.deleted
        )
        return tuple(self._component(attachment, code) for attachment, code in named if code is not None)

    def _component(self, attachment: Attachment, code: str) -> ComponentGiven:
        form: PaperForm = "electronic"
        if attachment.form and self.generation.forms:
            form = _meaning("LoaiBan", attachment.form, self.generation.forms)
        reused = attachment.reused or bool(attachment.replaced_by_result or attachment.database)
        database = DATABASES.get(attachment.database.upper(), "")
        return ComponentGiven(code, form, attachment.digitised, attachment.from_e_store, reused, None, database)

    def _procedure(self, item: Item, now: datetime) -> Procedure:
        try:
            return self.registry.procedure(item.national_procedure, on=now.astimezone(VIETNAM).date())
        except NotInRegistry:
            raise Untranslatable(f"MaTTHC: {item.procedure} is not in force here") from None

    def procedure_of(self, code: str, version: str) -> Procedure:
        """Return the version that a dossier is pinned to."""
        return self.registry.procedure(code, version=version)

    def _applicant_kind(self, item: Item) -> ApplicantKind:
        return _meaning("LoaiDoiTuong", item.applicant_kind, self.generation.applicant_kinds)

    def _channel(self, item: Item) -> Channel:
        return _meaning("KenhThucHien", item.channel, self.generation.channels) if item.channel else "portal"

    def _way(self, item: Item, procedure: Procedure) -> HandOutWay:
        if item.hand_out_by:
            return _meaning("HinhThuc", item.hand_out_by, self.generation.hand_out_ways)
        return "online" if "online" in procedure.hand_out_ways else "desk"

    def _applicant(self, item: Item, kind: ApplicantKind) -> Somebody:
        said = {"name": item.applicant, "address": item.address, "phone": item.phone, "email": item.email}
        numbers = {self.generation.identities.get(one.kind, ""): one.number for one in item.identities if one.number}
        try:
            if kind != "citizen" and (tax := item.tax_code or (item.number if "personal_id" not in numbers else "")):
                code = str(TaxCode.parse(tax))
                return Somebody(self.vault.person("tax_code", code), said | {"tax_code": code})
            if personal := numbers.get("personal_id") or (item.number if len(item.number) == 12 else ""):
                code = str(PersonalId.parse(personal))
                return Somebody(self.vault.person("personal_id", code), said | {"personal_id": code})
        except InvalidCode as wrong:
            raise Untranslatable(f"SoDinhDanh: {wrong.reason}") from None
        if old := numbers.get("old_identity_number") or item.number:
            return Somebody(self.vault.person("old_identity_number", old), said | {"old_identity_number": old})
        if item.account:
            return Somebody(self.vault.person("portal_account", item.account), said)
        raise Untranslatable("DinhDanhCHS: the applicant has neither a number nor an account")

    def _submitter(
        self, item: Item, declared: Declared, procedure: Procedure, applicant: Somebody
    ) -> tuple[str, Somebody]:
        relations = {rule.relation: rule.authority for rule in procedure.submitters}
        free = [relation for relation, authority in relations.items() if authority is None]
        relation = declared.relation or (SELF if SELF in relations else free[0] if len(free) == 1 else "")
        if not relation:
            raise Untranslatable(f"ThongTinKhac.QuanHe: one of {', '.join(relations)} is needed")
        if relation == SELF:
            return relation, applicant
        said: dict[str, Any] = {"name": declared.submitter_name}
        if declared.submitter_number:
            try:
                code = str(PersonalId.parse(declared.submitter_number))
            except InvalidCode as wrong:
                raise Untranslatable(f"ThongTinKhac.SoDinhDanhNguoiNop: {wrong.reason}") from None
            return relation, Somebody(self.vault.person("personal_id", code), said | {"personal_id": code})
        if item.account:
            return relation, Somebody(self.vault.person("portal_account", item.account), said)
        raise Untranslatable("MaDoiTuong: the account that handed the dossier in is needed")

    def _receiving_agency(self, item: Item) -> str:
        """The place of submission where it is an agency's identifier, else the agency of the number."""
        named = self._known(item.received_by)
        return named or str(DossierCode.parse(item.code).agency)

    def _area(self, item: Item) -> str | None:
        known = self._known(item.resolved_by)
        return self.registry.agency(known).area if known else None

    def _known(self, text: str) -> str | None:
        try:
            return self.registry.agency(str(AgencyId.parse(text))).id
        except (InvalidCode, NotInRegistry):
            return None


def _meaning(field: str, digit: str, meanings: dict[str, Any]) -> Any:
    if digit not in meanings:
        raise Untranslatable(f"{field}: {digit[:8]} is none of {', '.join(meanings)}")
    return meanings[digit]


def _facts(procedure: Procedure, declared: Declared, components: tuple[ComponentGiven, ...]) -> dict[str, FactValue]:
    given = {component.code for component in components}
    facts: dict[str, FactValue] = {}
    for name, kind in procedure.facts.items():
        if name in declared.facts:
            facts[name] = declared.facts[name]
        elif kind == "bool":
            papers = (component for component in procedure.components if component.required == name)
            facts[name] = any(given & {paper.code, *paper.substitutes} for paper in papers)
    return facts
