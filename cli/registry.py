"""`lienthong registry`: the procedures, agencies, calendars and fees that the product works by."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from chassis.registry import PRODUCT_REGISTRY, RegistryUnusable
from chassis.registry_lint import ASSUMED, ERROR, WARNING, Finding, lint
from cli.remote import AsJson, console, errors

EXIT_MISTAKES = 1
EXIT_UNUSABLE = 2

app = typer.Typer(help="The registry: procedures, agencies, calendars and fees.", no_args_is_help=True)

_COLOURS = {ERROR: "red", WARNING: "yellow", ASSUMED: "cyan"}


class Language(StrEnum):
    """In which language findings are printed."""

    VI = "vi"
    EN = "en"


_SUMMARY = {
    Language.VI: f"{{{ERROR}}} lỗi, {{{WARNING}}} cảnh báo, {{{ASSUMED}}} giá trị giả định",
    Language.EN: f"{{{ERROR}}} errors, {{{WARNING}}} warnings, {{{ASSUMED}}} assumed values",
}


@app.callback()
def registry() -> None:
    """Commands about the registry."""


@app.command("lint")
def lint_command(
    path: Annotated[Path, typer.Argument(help="Folder of the registry.", show_default=False)] = PRODUCT_REGISTRY,
    language: Annotated[Language, typer.Option("--lang", help="Language of the findings.")] = Language.VI,
    as_json: AsJson = False,
) -> None:
    """Name every mistake with its file and line, and list what is assumed.

    Exit code 0: no mistake (assumed values and warnings do not fail); 1: mistakes; 2: there is no registry at the path.
    """
    try:
        findings = lint(path)
    except RegistryUnusable as unusable:
        if as_json:
            typer.echo(json.dumps({"path": str(path), "unusable": str(unusable)}, ensure_ascii=False))
        else:
            errors.print(f"[red]{escape(str(unusable))}[/red]")
        raise typer.Exit(EXIT_UNUSABLE) from None
    counts = Counter(found.severity for found in findings)
    if as_json:
        counted = {severity: counts[severity] for severity in _COLOURS}
        listed = [asdict(found) for found in findings]
        typer.echo(json.dumps({"path": str(path), "counts": counted, "findings": listed}, ensure_ascii=False, indent=2))
    else:
        _print(path, findings, language)
        console.print(_SUMMARY[language].format(**{severity: counts[severity] for severity in _COLOURS}))
    if counts[ERROR]:
        raise typer.Exit(EXIT_MISTAKES)


def _print(path: Path, findings: Iterable[Finding], language: Language) -> None:
    """Print findings, the errors last, where a terminal shows them."""
    ranks = {severity: rank for rank, severity in enumerate((ASSUMED, WARNING, ERROR))}
    for found in sorted(findings, key=lambda each: (ranks[each.severity], each.file, each.line)):
        colour = _COLOURS[found.severity]
        said = found.message_vi if language is Language.VI else found.message_en
        place = escape(f"{path / found.file}:{found.line}")
        console.print(f"{place}: [{colour}]{found.code}[/{colour}] {escape(said)}", soft_wrap=True, highlight=False)
