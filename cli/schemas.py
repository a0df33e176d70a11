"""`lienthong schemas`: the published language, written from the code and compared with what was released."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli import published

console = Console()
app = typer.Typer(help="JSON Schemas, AsyncAPI and OpenAPI.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="Folder of the published language.")]


@app.command()
def write(folder: Folder = published.FOLDER) -> None:
    """Write every file anew; a breaking change of a released schema is refused."""
    breaking = published.breaking_changes(folder)
    if breaking:
        for line in breaking:
            console.print(f"[red]{line}[/red]")
        console.print("Within a version only optional fields may be added: say a new version instead.")
        raise typer.Exit(1)
    for path, text in published.files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    console.print(f"{len(published.files())} files written to {folder}")


@app.command()
def check(folder: Folder = published.FOLDER) -> None:
    """Say whether the files equal the code; exit code 1 when they do not."""
    differing = published.differences(folder)
    for line in differing:
        console.print(f"[red]{line}[/red]")
    console.print("The published language equals the code." if not differing else "Run `make schemas`.")
    raise typer.Exit(1 if differing else 0)
