"""`lienthong issuer` and `lienthong token`: the keys of this installation's own issuer, and tokens signed with them.

Both work on the data folder, beside a running server or without one.
"""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chassis.files import SecretUnusable
from chassis.web.auth import ROLES, DevelopmentIssuer, Principal
from chassis.web.oidc_keys import OWN_KEYS_LOOKED_AT_EVERY_S, OwnKeys
from cli.exits import EXIT_UNUSABLE
from cli.remote import console, errors

KEY_FILE = Path("keys") / "issuer.key"
HOURS_MAX = 24 * 366

Data = Annotated[Path, typer.Option(help="Folder that keeps the stores.")]

app = typer.Typer(help="The keys that sign this installation's own tokens.", no_args_is_help=True)


@app.command()
def rotate(
    data: Data = Path("data"),
    withdraw_old: Annotated[bool, typer.Option(help="Withdraw every older key: what it signed ends at once.")] = False,
) -> None:
    """Make a new signing key. The old ones go on checking what they signed, until they are withdrawn.

    A running server notices within seconds. Exit code 2: there are no keys in this folder, or they cannot be read.
    """
    keys = _keys(data)
    console.print(f"signs from now on: {keys.rotate()}", highlight=False, soft_wrap=True)
    for name in keys.withdraw_old() if withdraw_old else ():
        console.print(f"withdrawn: {name}", highlight=False, soft_wrap=True)
    console.print(f"A running server notices within {OWN_KEYS_LOOKED_AT_EVERY_S:.0f} s.", highlight=False)


@app.command()
def keys(data: Data = Path("data")) -> None:
    """List the keys that check tokens, oldest first; the last one signs."""
    for key in _keys(data).published()["keys"]:
        console.print(f"{key['kid']}  {key['alg']}", highlight=False, soft_wrap=True)


def token(
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}.")],
    data: Data = Path("data"),
    agency: Annotated[str, typer.Option(help="For which agency it speaks.")] = "",
    name: Annotated[str, typer.Option(help="Opaque id that stands in events; made from the role otherwise.")] = "",
    person: Annotated[str, typer.Option(help="The vault's id of the applicant it speaks for.")] = "",
    procedure: Annotated[list[str] | None, typer.Option(help="Only for this procedure; may be repeated.")] = None,
    step: Annotated[list[str] | None, typer.Option(help="Only for this step; may be repeated.")] = None,
    hours: Annotated[int, typer.Option(help="How long it holds.", min=1, max=HOURS_MAX)] = 1,
) -> None:
    """Print an access token, signed with this installation's own key; whoever holds the folder may be anybody.

    Exit code 2: there are no keys in this folder, they cannot be read, or there is no such role.
    """
    if role not in ROLES:
        _end(f"{role}: the roles are {', '.join(ROLES)}.")
    _keys(data)
    principal = Principal(
        name or f"{role}:{agency or 'operator'}", role, agency, person, tuple(procedure or ()), tuple(step or ())
    )
    print(DevelopmentIssuer(data / KEY_FILE).issue(principal, hours * 3600))


def _keys(data: Path) -> OwnKeys:
    """Return the keys of a folder that a server has used; none are made where nobody will look for them."""
    if not list((data / KEY_FILE).parent.glob(f"{KEY_FILE.stem}*{KEY_FILE.suffix}")):
        _end(f"{data} has no keys of an issuer; a server makes them when it starts there.")
    try:
        return OwnKeys(data / KEY_FILE)
    except (SecretUnusable, OSError) as error:
        _end(f"The keys in {data} cannot be read: {error}")


def _end(sentence: str) -> NoReturn:
    errors.print(sentence, highlight=False, soft_wrap=True)
    raise typer.Exit(EXIT_UNUSABLE)
