"""`lienthong incident`: tell once that the platform or an agency's system is broken, and once that it works again.

Law: NĐ 63/2024/NĐ-CP and NĐ 301/2026/NĐ-CP art. 4.7 (an incident stops the clock). `docs/incidents.md` says how.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Final, NoReturn

import typer
from rich.markup import escape

from chassis.registry import PRODUCT_REGISTRY, NotInRegistry, load_registry
from chassis.web.auth import SYSTEM
from cli.exits import EXIT_NO, EXIT_UNUSABLE
from cli.incident_told import (
    BEGAN_EARLIER,
    ENDED_SINCE,
    RESUMED,
    STANDS_ALREADY,
    STOPPED,
    Incident,
    MayNotTell,
    Told,
    declared,
    resumed,
    standing,
)
from cli.remote import DEFAULT_URL, AsJson, Remote, Url, console, errors
from cli.words import Names, Seen, moment, table
from kernel.calendar import VIETNAM, Words

SHOWN: Final = {
    STOPPED: Words("hồ sơ: đồng hồ đã dừng", "dossiers: the clock stands still"),
    STANDS_ALREADY: Words("hồ sơ: đã dừng vì sự cố từ trước", "dossiers: stood still because of an incident already"),
    ENDED_SINCE: Words(
        "hồ sơ: đã dừng vì chính sự cố này rồi chạy lại, không dừng lần nữa",
        "dossiers: stood still for this very incident and run again; not stopped a second time",
    ),
    RESUMED: Words("hồ sơ: đồng hồ chạy lại", "dossiers: the clock runs again"),
    BEGAN_EARLIER: Words(
        "hồ sơ: vẫn dừng vì một sự cố bắt đầu sớm hơn", "dossiers: stand still for an incident that began earlier"
    ),
    "chain_ended": Words("hồ sơ: vừa kết thúc trong lúc này (chain_ended)", "dossiers: ended in this very moment"),
}  # fmt: skip
"""What may come of telling; anything else is a refusal that nobody expected."""
SETTLED: Final = frozenset({STOPPED, STANDS_ALREADY, ENDED_SINCE})
AGENCIES_SHOWN: Final = 3
MORE_COME: Final = Words(
    "Hồ sơ đến sau lúc này chưa được dừng: chạy lại đúng lệnh này, lần cuối ngay trước `lienthong incident end`.",
    "What comes after this moment is not stopped: run the same command again, lastly right before "
    "`lienthong incident end`.",
)
MAY_NOT: Final = Words(
    "Mã truy cập này không được ghi nhận sự cố: cần vai trò system của nền tảng, không phải của riêng một cơ quan.",
    "This token may not tell of incidents: that takes the role system, and not of one agency.",
)

app = typer.Typer(help="Incidents of the platform, told once for all dossiers that they concern.", no_args_is_help=True)

Agency = Annotated[str, typer.Option(help="Code of the agency whose system is broken.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="The platform itself is: every open dossier.")]
Began = Annotated[
    str, typer.Option("--from", help="Since when, as 2026-11-20T08:00; Vietnam's time unless it names another zone.")
]


@app.command()
def declare(
    began: Began,
    why: Annotated[str, typer.Option(help="What is broken; it is printed, and not sent.", show_default=False)],
    agency: Agency = "",
    everything: Everything = False,
    every: Annotated[int, typer.Option(help="Look again every so many seconds until Ctrl-C; 0: once.", min=0)] = 0,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Let the clocks stand still of all dossiers that an incident holds up; run it again for those that came since.

    Exit code 0: all stand still, or ended meanwhile; 1: some could not be told; 2: a wrong option, or no server.
    """
    if not why.strip():
        _end(Words("Hãy ghi sự cố là gì sau --why.", "Say after --why what is broken."))
    remote, incident = _begin(url, agency, everything, began)
    told = _collected(declared(remote, incident, frozenset()))
    _print("declare", remote, incident, why.strip(), told, as_json)
    past: set[str] = set()
    while every and _slept(every):
        past |= {one.ref for one in told if one.came_to in SETTLED}
        told = _collected(declared(remote, incident, past))
        if told:
            _print("declare", remote, incident, why.strip(), told, as_json)
    if not as_json:
        _say(MORE_COME)
    raise typer.Exit(EXIT_NO if _failed(told) else 0)


@app.command()
def end(
    began: Began,
    agency: Agency = "",
    everything: Everything = False,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Let the clocks run again, from this moment on, that stand still for an incident that began then or later.

    Exit code 0: all run again; 1: some could not be told; 2: a wrong option, or no server.
    """
    remote, incident = _begin(url, agency, everything, began)
    told = _collected(resumed(remote, incident))
    _print("end", remote, incident, "", told, as_json)
    raise typer.Exit(EXIT_NO if _failed(told) else 0)


@app.command("list")
def listed(url: Url = DEFAULT_URL, as_json: AsJson = False) -> None:
    """List since when clocks stand still because of an incident, of how many dossiers, and with whom these lie.

    Exit code 0, whether there are any or not; 2: no server answers.
    """
    remote = Remote(url)
    found: dict[str, list[Seen]] = {}
    for since, chain in standing(remote):
        found.setdefault(since, []).append(chain)
    if as_json:
        shown = [{"since": since, "dossiers": [_shown(chain) for chain in found[since]]} for since in sorted(found)]
        typer.echo(json.dumps(shown, ensure_ascii=False))
    elif not found:
        _say(Words("Không có hồ sơ nào dừng vì sự cố.", "No dossier stands still because of an incident."))
    else:
        names = Names(remote, "-")
        rows = [(moment(since), str(len(found[since])), _lie_with(found[since], names)) for since in sorted(found)]
        columns = ("từ / since", "hồ sơ / dossiers", "nơi giữ / lie with")
        table("Đồng hồ dừng vì sự cố / clocks that stand still because of an incident", columns, rows)


def _begin(url: str, agency: str, everything: bool, began: str) -> tuple[Remote, Incident]:
    """Return the server and the incident, or end the command with what is wrong about the options."""
    if bool(agency) == everything:
        _end(Words("Hãy chọn một trong hai: --agency MÃ hoặc --all.", "Give either --agency CODE or --all."))
    since = _instant(began)
    if agency:
        try:
            load_registry(PRODUCT_REGISTRY).agency(agency)
        except NotInRegistry:
            _end(Words(f"Danh mục không có cơ quan {agency}.", f"The registry has no agency {agency}."))
    remote = Remote(url, SYSTEM)
    if since > (now := remote.now()):
        there = moment(now.isoformat())
        _end(Words(f"Sự cố không thể bắt đầu sau giờ của máy chủ ({there}).",
                   f"An incident cannot begin after the server's time ({there})."))  # fmt: skip
    return remote, Incident(agency, since)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text.strip())
        return (instant if instant.tzinfo else instant.replace(tzinfo=VIETNAM)).astimezone(UTC)
    except (ValueError, OverflowError):
        _end(Words(f"Không đọc được thời điểm «{text}»; hãy ghi như 2026-11-20T08:00.",
                   f"«{text}» is no instant; write it like 2026-11-20T08:00."))  # fmt: skip


def _slept(seconds: int) -> bool:
    """Wait, and say whether nobody interrupted it; an interrupted wait leaves nothing half done."""
    try:
        time.sleep(seconds)
    except KeyboardInterrupt:
        return False
    return True


def _collected(telling: Iterable[Told]) -> list[Told]:
    """Return what came of each; if it breaks off, say how far it came."""
    told: list[Told] = []
    try:
        for one in telling:
            told.append(one)
    except MayNotTell:
        _end(MAY_NOT, EXIT_NO)
    except (typer.Exit, KeyboardInterrupt):
        count = sum(one.came_to in (STOPPED, RESUMED) for one in told)
        _say(Words(f"Dừng giữa chừng sau {count} hồ sơ; chạy lại đúng lệnh này để làm tiếp.",
                   f"Broken off after {count} dossiers; run the same command again to go on."),
             failed=True)  # fmt: skip
        raise
    return told


def _failed(told: list[Told]) -> bool:
    return any(one.came_to not in SHOWN for one in told)


def _print(act: str, remote: Remote, incident: Incident, why: str, told: list[Told], as_json: bool) -> None:
    counted = Counter(one.came_to for one in told)
    if as_json:
        head = {"act": act, "agency": incident.agency or None, "from": incident.since.isoformat(), "why": why}
        body = {"at": remote.now().isoformat(), "counts": counted, "dossiers": [one._asdict() for one in told]}
        typer.echo(json.dumps(head | body, ensure_ascii=False))
        return
    whose = incident.agency or "toàn nền tảng / the whole platform"
    reason = f": {why}" if why else ""
    console.print(f"{whose}, {moment(incident.since.isoformat())}{reason}", markup=False, highlight=False)
    for came_to, words in SHOWN.items():
        if counted[came_to]:
            _say(Words(f"{counted[came_to]} {words.vi}", words.en))
    for code in sorted(counted.keys() - SHOWN.keys()):
        _say(Words(f"{counted[code]} hồ sơ: bị từ chối ({code})", "dossiers: refused"), failed=True)
    if not told:
        _say(Words("Không có hồ sơ nào liên quan.", "No dossier is concerned."))


def _shown(chain: Seen) -> Seen:
    agencies = sorted({holder["agency"] for holder in chain["holders"] if holder["agency"]})
    return {"ref": chain["ref"], "code": chain["code"], "agencies": agencies}


def _lie_with(chains: list[Seen], names: Names) -> str:
    """Return the agencies with most of these dossiers; whoever hands in has those that lie with no agency."""
    counted = Counter(agency for chain in chains for agency in _shown(chain)["agencies"] or ("",))
    most = counted.most_common(AGENCIES_SHOWN)
    shown = [f"{names.agency(agency) or 'người nộp / applicant'}: {count}" for agency, count in most]
    return "; ".join((*shown, "…") if len(counted) > len(most) else shown)


def _say(words: Words, failed: bool = False) -> None:
    (errors if failed else console).print(f"{words.vi} / {words.en}", markup=False, highlight=False, soft_wrap=True)


def _end(words: Words, code: int = EXIT_UNUSABLE) -> NoReturn:
    errors.print(f"[red]{escape(words.vi)}[/red] {escape(words.en)}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)
