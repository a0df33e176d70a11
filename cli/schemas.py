"""`lienthong schemas`: the published language, written from the code and compared with what was released."""

from pathlib import Path
from typing import Annotated

import typer

from cli import compatibility, published
from cli.exits import EXIT_NO
from cli.remote import console

app = typer.Typer(help="The published language: JSON Schemas, AsyncAPI and OpenAPI.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="Folder of the published language.", show_default=False)]
NEW_VERSION = "Within a version only optional fields may be added: say a new version instead."


@app.command()
def write(folder: Folder = published.FOLDER) -> None:
    """Write every file anew, and remove what the code does not make any more.

    Exit code 1: a released schema would change in a way that breaks its readers; nothing was written.
    """
    texts = published.files()
    if _breaks(folder):
        raise typer.Exit(EXIT_NO)
    published.write(folder, texts)
    console.print(f"{len(texts)} files written to {folder}", soft_wrap=True)


@app.command()
def check(folder: Folder = published.FOLDER) -> None:
    """Say whether the files equal the code, and whether whoever knows the last release can still read it.

    Exit code 1: they do not, or cannot.
    """
    differing = published.differences(folder, published.files())
    _list(differing)
    console.print("The published language equals the code." if not differing else "Run `make schemas`.")
    breaking = _breaks(folder)
    raise typer.Exit(EXIT_NO if differing or breaking else 0)


@app.command()
def release(
    version: Annotated[str, typer.Argument(help="Of the product, as 1.2.3; higher than every one before.")],
    folder: Folder = published.FOLDER,
) -> None:
    """Keep the public events as what was released; from then on they are what every change is compared with.

    Exit code 1: the version is none or not a new one, the files differ from the code, or a change breaks readers;
    nothing was kept.
    """
    last = compatibility.last_released(folder / published.RELEASED)
    if not compatibility.VERSION.fullmatch(version):
        _end(f"{version} is no version; it has three numbers, as 1.2.3.")
    if last is not None and compatibility.version_of(version) <= compatibility.version_of(last.name):
        _end(f"{version} is not after {last.name}, and what was released stays as it was.")
    if published.differences(folder, published.files()):
        _end(f"{folder} differs from the code: run `make schemas` first.")
    if _breaks(folder):
        raise typer.Exit(EXIT_NO)
    kept = published.release(folder, version, published.files())
    console.print(f"{kept} public events released as {version}", soft_wrap=True)


def _breaks(folder: Path) -> bool:
    """Name what would break readers of the last release, and say whether there is anything."""
    breaking = published.breaking_changes(folder, published.files())
    _list(breaking)
    if breaking:
        console.print(NEW_VERSION)
    return bool(breaking)


def _end(line: str) -> None:
    _list([line])
    raise typer.Exit(EXIT_NO)


def _list(lines: list[str]) -> None:
    for line in lines:
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
