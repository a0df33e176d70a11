"""Every purpose and addressee that the code can write into the log of readings has words, in both languages.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 (whoever is told that their data was read has to understand it).
What the code can write is read from the code itself, so that nobody has to remember this page when a purpose is added.
"""

import ast
import importlib
from collections.abc import Iterator
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, Final, get_args

import pytest

from chassis.vault import SEARCH
from chassis.vault_openings import kind_of
from chassis.web.auth_filter import ROLES
from kernel.calendar import Words
from services.intake.projections.slips import OPENED
from services.payments.domain.obligation_words import GatewayName
from services.postal.api import PURPOSES as POSTAL
from services.reporting.pages.disclosure_words import FIELDS, addressee, field, purpose
from services.reporting.pages.disclosures import Sought
from services.reporting.pages.words import word

ROOT: Final = Path(__file__).resolve().parents[2]
WRITE: Final = ("open", "told")
PASSED_ON: Final = ("vault_server.py",)
"""The vault's process writes what it is told by those who ask it, who are all looked at."""

PURPOSE_AT, TO_AT = 2, 6
"""The places of purpose and addressee in both of them."""
ANY: Final = "01J0"
"""What stands for a part of a purpose that only running code knows, as a reference."""
FAMILIES: Final = {f"postal {ANY} {ANY}": [f"postal {one} {ANY}" for one in POSTAL]}
"""Purposes with a part that the code looks up in a table."""


class Module:
    """One file of the product, and what the texts in it can be."""

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text())
        self.name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        self.inside: dict[ast.AST, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        for function in ast.walk(self.tree):  # outer ones come first, so that the innermost stays
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                self.inside |= {node: function for node in ast.walk(function) if node is not function}

    @cached_property
    def loaded(self) -> Any:
        return importlib.import_module(self.name)

    def calls(self) -> Iterator[ast.Call]:
        yield from (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def writes(self) -> Iterator[ast.Call]:
        """Yield every place where something is written into the log of readings."""
        for call in self.calls():
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITE:
                continue
            if ast.unparse(call.func.value).rpartition(".")[2] in ("vault", "_vault"):
                yield call

    def argument(self, call: ast.Call, name: str, place: int) -> ast.expr | None:
        named = [one.value for one in call.keywords if one.arg == name]
        return named[0] if named else call.args[place] if place < len(call.args) else None

    def texts(self, node: ast.expr) -> set[str]:
        """Return the texts that an expression can be, as far as the file tells; `ANY` for what it does not tell."""
        match node:
            case ast.Constant(value=str() as text):
                return {text}
            case ast.JoinedStr(values=parts):
                return {"".join(chosen) for chosen in product(*(self.texts(part) for part in parts))}
            case ast.FormattedValue(value=value) | ast.Call(func=ast.Attribute(value=value, attr="strip")):
                return self.texts(value)
            case ast.Name():
                return self._named(node) or {ANY}
            case _:
                return {ANY}

    def _named(self, name: ast.Name) -> set[str]:
        function = self.inside.get(name)
        if function is None or (name.id not in self._own(function)):
            known = getattr(self.loaded, name.id, None)
            return {known} if isinstance(known, str) else set()
        parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        place = next((place for place, one in enumerate(parameters) if one.arg == name.id), None)
        if place is None:
            return {text for value in self._assigned(function, name.id) for text in self.texts(value)}
        annotation = parameters[place].annotation
        if isinstance(annotation, ast.Name) and (said := get_args(getattr(self.loaded, annotation.id, None))):
            return set(said)
        place -= parameters[0].arg == "self"
        given = (self.argument(call, name.id, place) for call in self.calls() if self._is_call_of(call, function.name))
        return {text for value in given if value is not None for text in self.texts(value)}

    def _own(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
        stored = {
            node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        return stored | {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}

    def _assigned(self, function: ast.AST, name: str) -> Iterator[ast.expr]:
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    pairs = [(target, node.value)]
                    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                        pairs = list(zip(target.elts, node.value.elts, strict=True))
                    yield from (value for one, value in pairs if isinstance(one, ast.Name) and one.id == name)

    def _is_call_of(self, call: ast.Call, name: str) -> bool:
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        return called == name and not (isinstance(call.func, ast.Attribute) and call in self.writing)

    @cached_property
    def writing(self) -> set[ast.Call]:
        return set(self.writes())


def written(what: str, place: int) -> dict[str, str]:
    """Return each text that may be written into the log → a file that writes it."""
    found: dict[str, str] = {}
    for path in sorted((*(ROOT / "chassis").rglob("*.py"), *(ROOT / "services").rglob("*.py"))):
        if path.name in PASSED_ON or not any(f"ault.{one}(" in path.read_text() for one in WRITE):
            continue
        module = Module(path)
        for call in module.writes():
            given = module.argument(call, what, place)
            texts = module.texts(given) if given is not None else set()
            found |= {text: module.name for one in texts for text in FAMILIES.get(one, [one])}
    return found


WRITTEN: Final = written("purpose", PURPOSE_AT) | {SEARCH: "chassis.vault", "payment": "reporting's own words"}
TOLD: Final = written("to", TO_AT) | dict.fromkeys(get_args(GatewayName), "services.payments")


def has_words(said: Words, code: str) -> bool:
    return bool(said.vi and said.en) and code not in said and said.vi != said.en


def test_the_purposes_are_found_in_the_code() -> None:
    """Those of forms, files, the post, routing and the portal alike: a search that finds nothing proves nothing."""
    kinds = {kind_of(one) for one in WRITTEN}
    assert {
        "acknowledgement_slip", "apology_letter", "stop_notice", "inspection_of_corrections", "correction", "status",
        "file_own_dossier", "file_inspection", "upload", "hand_in", "postal label", "routing note", "routing apology",
        "reconciliation", "repeat_of_portal_message",
    } <= kinds  # fmt: skip
    assert {"portal", "postal_staff", "vnpay"} <= TOLD.keys()
    assert not [where for text, where in (WRITTEN | TOLD).items() if text.startswith(ANY)], "nobody can tell what it is"


@pytest.mark.parametrize("text", sorted(WRITTEN))
def test_every_purpose_has_words(text: str) -> None:
    """Of what comes after its kind nothing has to be known."""
    assert has_words(purpose(text), kind_of(text)), f"{WRITTEN[text]} writes {text!r}, which has no words"


@pytest.mark.parametrize("code", sorted(TOLD))
def test_every_addressee_has_words(code: str) -> None:
    """Whoever outside is told something."""
    assert has_words(addressee(code), code), f"{TOLD[code]} tells {code!r}, which has no words"


def test_fields_and_readers_have_words() -> None:
    """A person's particulars, what one searches by, and who reads; a file's name is not a person's."""
    searched = get_args(Sought.model_fields["kind"].annotation)
    for name in {*OPENED, *searched, *(one for fields in POSTAL.values() for one in fields), *FIELDS}:
        assert field(name, "status").vi != name, f"{name} has no words"
    for name in ("key", "name", "sha256"):
        assert field(name, "file_reception").vi != name, f"{name} has no words"
    assert field("name", "hand_in") != field("name", "correction")
    for role in (*ROLES, "portal", "gateway"):
        assert word("role", role).vi != role


def test_a_purpose_without_words_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that goes through two functions before it is written."""
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "new.py").write_text(
        "def a(self, vault):\n    purpose, x = 'curiosity', 1\n    return self.b(vault, purpose)\n"
        "def b(self, vault, why):\n    return vault.open('s', 'by', f'{why} {x}', (), 'at', to='neighbour')\n"
    )
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    monkeypatch.setattr(Module, "loaded", None)
    assert written("purpose", PURPOSE_AT) == {f"curiosity {ANY}": "services.new"}
    assert written("to", TO_AT) == {"neighbour": "services.new"}
    assert not has_words(purpose(f"curiosity {ANY}"), "curiosity")
