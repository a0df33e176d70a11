"""`lienthong schemas`: the published language, written from the code and compared with what was released."""

from pathlib import Path
from typing import Annotated

import typer

from cli import published
from cli.exits import EXIT_NO
from cli.remote import console

app = typer.Typer(help="The published language: JSON Schemas, AsyncAPI and OpenAPI.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="Folder of the published language.", show_default=False)]


@app.command()
def write(folder: Folder = published.FOLDER) -> None:
    """Write every file anew, and remove what the code does not make any more.

    Exit code 1: a released schema would change in a way that breaks its readers; nothing was written.
    """
    texts = published.files()
    breaking = published.breaking_changes(folder, texts)
    if breaking:
        _list(breaking)
        console.print("Within a version only optional fields may be added: say a new version instead.")
        raise typer.Exit(EXIT_NO)
    published.write(folder, texts)
    console.print(f"{len(texts)} files written to {folder}", soft_wrap=True)


@app.command()
def check(folder: Folder = published.FOLDER) -> None:
    """Say whether the files equal the code.

    Exit code 1: they do not.
    """
    texts = published.files()
    differing = published.differences(folder, texts)
    _list(differing)
    console.print("The published language equals the code." if not differing else "Run `make schemas`.")
    raise typer.Exit(EXIT_NO if differing else 0)


def _list(lines: list[str]) -> None:
    for line in lines:
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
