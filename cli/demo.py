"""`lienthong demo`: play some weeks of a province against a running server in rehearsal, then print its table."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import httpx
import typer
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from stamina.instrumentation import set_on_retry_hooks

from chassis.registry import PRODUCT_REGISTRY, load_registry
from chassis.web.auth import INSPECTOR
from cli.remote import DEFAULT_URL, EXIT_UNREACHABLE, AsJson, Url, console, errors
from kernel.calendar import VIETNAM
from players.crowd import Crowd
from players.mix import load_mix
from players.over_http import Server
from players.plan import Weeks, world_of
from players.schedule import GRID, Story
from players.script import Who

EXIT_WRONG_CLOCK: Final = 3
WEEKS_PLAYED: Final = 6
LONGEST_LIFE: Final = timedelta(weeks=26)
"""Weeks that ended longer ago are played to the end of every dossier; later ones are cut, and the rest stays open."""

PAGE: Final = 200
SURVEYOR: Final = Who(INSPECTOR, "inspector:demo")
FIGURES: Final = {
    "submitted": "handed in", "received": "received", "resolved": "resolved", "on_time": "in\ntime", "late": "late",
    "in_progress": "open", "ended_otherwise": "other end", "online": "online", "paid": "paid",
    "paid_online": "paid online",
}  # fmt: skip
"""What a province publishes, and the words at the head of its column."""
SHARES: Final = {"on_time": "resolved", "late": "resolved", "online": "received"}
"""Figures of which a province prints the share, and of what."""


class WrongClock(Exception):
    """The server's clock is not one that weeks can be played on."""


def demo(
    url: Url = DEFAULT_URL,
    dossiers: Annotated[int, typer.Option(help="How many dossiers to play.", min=1, max=999_999)] = 300,
    seed: Annotated[int, typer.Option(help="Seed of everything that chance decides.")] = 1,
    first_day: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the weeks played.", show_default="weeks ago"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play weeks of dossiers, over HTTP; then print the table that a province publishes.

    The weeks end at the present, and the server's clock is the wall's from then on. With `--from` they begin on that
    day, with the procedures and agencies of then; what was handed in is played to its end, and later weeks may follow.
    """
    # A server that comes back is asked again without a word; one that does not ends the demo with its error.
    set_on_retry_hooks(())
    try:
        played = asyncio.run(_play(url, dossiers, seed, weeks_from(first_day), as_json))
    except WrongClock as wrong:
        errors.print(f"[red]{wrong}[/red]")
        raise typer.Exit(EXIT_WRONG_CLOCK) from wrong
    except httpx.TransportError as error:
        errors.print(f"[red]No server answers at {url}[/red] ({str(error) or type(error).__name__}).")
        raise typer.Exit(EXIT_UNREACHABLE) from error
    if as_json:
        typer.echo(json.dumps(played, ensure_ascii=False, indent=2))
    else:
        _print(played)


def weeks_from(first_day: datetime | None) -> Weeks:
    """Return the weeks that begin on a day in Vietnam, or those that end now; what lies ahead is never played."""
    now = datetime.now(UTC)
    last = now - GRID
    if first_day is None:
        return Weeks(now - timedelta(weeks=WEEKS_PLAYED), last, cut=True)
    start = first_day.replace(tzinfo=VIETNAM)
    end = min(start + timedelta(weeks=WEEKS_PLAYED), last)
    return Weeks(start, end, cut=end + LONGEST_LIFE > last)


async def _play(url: str, dossiers: int, seed: int, weeks: Weeks, quiet: bool) -> dict[str, Any]:
    world = world_of(load_registry(PRODUCT_REGISTRY), load_mix(), weeks)
    if not world.is_open:
        raise WrongClock(f"Nothing can be handed in throughout {_day(weeks.start)} – {_day(weeks.end)}.")
    await _is_playable(url, weeks.start)
    crowd = Crowd(world, seed, dossiers)
    began = time.monotonic()
    async with Server(url, seed) as server:
        await server.learn()
        await server.move_clock(weeks.start)
        bar = Bar(crowd, weeks)
        with bar.progress if not quiet else nullcontext():
            await server.play(crowd.schedule(), bar.moment)
        if weeks.cut:
            await server.move_clock(weeks.end)
            await server.release_clock()
        figures = await survey(server)
    stories = crowd.stories or []
    return {
        "url": url, "seed": seed, "mix": crowd.world.mix.profile, "dossiers": dossiers,
        "from": weeks.start.isoformat(), "to": weeks.end.isoformat(), "moves": bar.moves,
        "seconds": round(time.monotonic() - began, 1), **figures, "stories": [told(story) for story in stories],
    }  # fmt: skip


async def _is_playable(url: str, start: datetime) -> None:
    """Ask the server for its clock once, without patience: a wrong address should be told at once."""
    async with httpx.AsyncClient(base_url=url, timeout=10.0) as client:
        answer = await client.get("/api/v1/rehearsal/clock")
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise WrongClock(f"{url} is not in rehearsal; start one with `lienthong serve --rehearsal`.")
    clock = answer.raise_for_status().json()
    if clock["released"]:
        raise WrongClock("This rehearsal has been played: its clock follows the wall. Start one on an empty folder.")
    if not clock["untouched"] and datetime.fromisoformat(clock["now"]) > start:
        raise WrongClock(
            f"The server's clock shows {_day(clock['now'])}, later than the first day of the demo, {_day(start)}."
        )


def told(story: Story) -> dict[str, Any]:
    """Return what a dossier's players have seen, for whoever compares it with the stores."""
    return {"index": story.index, "ref": story.ref, "code": story.code, "seen": story.seen, "ended": story.ended}


class Bar:
    """How far the weeks are, as a line that moves."""

    def __init__(self, crowd: Crowd, weeks: Weeks) -> None:
        self._crowd = crowd
        self._weeks = weeks
        self._began = time.monotonic()
        self.moves = 0
        self.progress = Progress(
            TextColumn("{task.fields[date]}"), BarColumn(),
            TextColumn("{task.fields[begun]} handed in, {task.fields[ended]} ended, {task.fields[rate]:.0f} acts/s"),
            TimeElapsedColumn(), console=console,
        )  # fmt: skip
        length = (weeks.end - weeks.start).total_seconds()
        self._task: TaskID = self.progress.add_task("", total=length, date=_day(weeks.start), begun=0, ended=0, rate=0)

    def moment(self, instant: datetime, moves: int) -> None:
        """Take note of an instant that was played, and of the moves made in it."""
        self.moves += moves
        stories = self._crowd.stories or []
        self.progress.update(
            self._task, completed=(instant - self._weeks.start).total_seconds(), date=_day(instant),
            begun=len(stories), ended=sum(story.ended for story in stories),
            rate=self.moves / max(time.monotonic() - self._began, 0.001),
        )  # fmt: skip


async def survey(server: Server) -> dict[str, Any]:
    """Read the province's table, the same by procedure, and whose clocks made dossiers late."""
    token = await server.token(SURVEYOR)
    total = await server.read("/api/v1/statistics/province", token)
    agencies = await server.read("/api/v1/reports/agencies", token)
    late = [row for row in agencies["items"] if row["caused_late"]]
    rows = [row async for row in _dossiers(server, token)]
    return {
        "total": {name: total[name] for name in FIGURES},
        "procedures": by_procedure(rows),
        "late_because": [
            {name: row[name] for name in ("agency", "name_vi", "name_en", "caused_late")}
            for row in sorted(late, key=lambda row: (-row["caused_late"], row["agency"]))
        ],
    }


async def _dossiers(server: Server, token: str) -> Any:
    after = ""
    while True:
        page = await server.read("/api/v1/reports/dossiers", token, limit=PAGE, after=after)
        for row in page["items"]:
            yield row
        if page["next"] is None:
            return
        after = page["next"]


def by_procedure(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the table's figures for each procedure, counted from its dossiers."""
    counted: dict[str, Counter[str]] = {}
    for row in rows:
        figures = counted.setdefault(row["procedure"], Counter())
        received, resolved = row["accepted_at"] is not None, row["ended"] == "resolved"
        figures.update(
            submitted=1, received=received, resolved=resolved, on_time=resolved and bool(row["on_time"]),
            late=resolved and not row["on_time"], in_progress=received and not row["ended"],
            ended_otherwise=received and bool(row["ended"]) and not resolved,
            online=received and row["channel"] == "portal", paid=bool(row["paid_by"]) and row["fee_total_vnd"] > 0,
            paid_online=row["paid_by"] not in (None, "", "cash", "none"),
        )  # fmt: skip
    return {code: {name: int(counted[code][name]) for name in FIGURES} for code in sorted(counted)}


def _print(played: Mapping[str, Any]) -> None:
    title = f"{_day(played['from'])} – {_day(played['to'])}, mix {played['mix']}, seed {played['seed']}"
    table = Table(title=title, box=SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("", no_wrap=True)
    for words in FIGURES.values():
        table.add_column(words, justify="right")
    for code, figures in played["procedures"].items():
        table.add_row(code, *(str(figures[name]) for name in FIGURES))
    table.add_section()
    table.add_row("together", *(str(played["total"][name]) for name in FIGURES))
    table.add_row("", *(_share(played["total"], name) for name in FIGURES))
    console.print(table)
    causes = Table(title="Whose clock made dossiers late", show_header=False)
    for row in played["late_because"]:
        causes.add_row(row["name_vi"], row["agency"], str(row["caused_late"]))
    console.print(causes if played["late_because"] else "No dossier was late.")
    rate = played["moves"] / max(played["seconds"], 0.1)
    console.print(f"{played['moves']} acts and looks in {played['seconds']} s ({rate:.0f}/s)")


def _share(figures: Mapping[str, int], name: str) -> str:
    """Return a figure's share, where a province prints one."""
    of = SHARES.get(name)
    return f"{figures[name] / figures[of]:.1%}" if of is not None and figures[of] else ""


def _day(instant: datetime | str) -> str:
    moment = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return f"{moment.astimezone(VIETNAM):%d/%m/%Y}"
