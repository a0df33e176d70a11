"""How commands of the command line talk to a running server: one token, one client, problems printed plainly."""

import os
from datetime import datetime
from typing import Annotated, Any, NamedTuple, NoReturn

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from chassis.web.auth import INSPECTOR
from cli.exits import EXIT_NO, EXIT_UNUSABLE

console = Console()
errors = Console(stderr=True)

EXIT_REFUSED = EXIT_NO
EXIT_UNREACHABLE = EXIT_UNUSABLE
ANSWER_WITHIN_S = 30.0
TOKEN_VARIABLE = "LIENTHONG_TOKEN"

Url = Annotated[str, typer.Option(help="Address of the running server.", envvar="LIENTHONG_URL")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
DEFAULT_URL = "http://127.0.0.1:8080"


class Attempted(NamedTuple):
    """What a command came to: the answer's JSON, the problem's code or "", and whether it had been given before."""

    body: dict[str, Any]
    code: str
    replayed: bool


class Remote:
    """A running server, asked as one role. The token is `LIENTHONG_TOKEN`, or one of the rehearsal's."""

    def __init__(self, url: str, role: str = INSPECTOR) -> None:
        self._url = url
        try:
            self._client = httpx.Client(base_url=url, timeout=ANSWER_WITHIN_S)
        except httpx.InvalidURL as error:
            self._unreachable(error)
        token = os.environ.get(TOKEN_VARIABLE) or self._rehearsal_token(role)
        self._client.headers["Authorization"] = f"Bearer {token}"

    def _rehearsal_token(self, role: str) -> str:
        answer = self._send("POST", "/api/v1/rehearsal/tokens", json={"role": role, "id": f"{role}:cli"})
        if answer.status_code == httpx.codes.NOT_FOUND:
            errors.print(f"This server is not in rehearsal: put an access token into {TOKEN_VARIABLE}")
            errors.print("(`lienthong token inspector --data DIR` makes one).", highlight=False)
            raise typer.Exit(EXIT_REFUSED)
        return str(self._body(answer)["token"])

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **content)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            self._unreachable(error)

    def _unreachable(self, error: Exception, what: str = "No server answers at") -> NoReturn:
        errors.print(f"[red]{what} {escape(self._url)}[/red] ({escape(str(error))}).", highlight=False, soft_wrap=True)
        errors.print("Start one with `lienthong serve`, or name it with --url.", highlight=False)
        raise typer.Exit(EXIT_UNREACHABLE) from error

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON body of a GET, or end the command with the problem it met."""
        return self._body(self._send("GET", path, params=params))

    def get_with_headers(self, path: str, **params: Any) -> tuple[Any, httpx.Headers]:
        """Return the JSON body of a GET with the headers beside it, or end the command with the problem it met."""
        answer = self._send("GET", path, params=params)
        return self._body(answer), answer.headers

    def find(self, path: str, **params: Any) -> Any | None:
        """Return the JSON body of a GET, None where there is nothing; any other problem ends the command."""
        answer = self._send("GET", path, params=params)
        return None if answer.status_code == httpx.codes.NOT_FOUND else self._body(answer)

    def post(self, path: str, body: Any) -> Any:
        """Return the JSON body of a POST, or end the command with the problem it met."""
        return self._body(self._send("POST", path, json=body))

    def give(self, path: str, key: str) -> Any:
        """Return the JSON body of a command without content, given once however often it is sent under `key`."""
        return self._body(self._send("POST", path, headers={"Idempotency-Key": key}))

    def attempt(self, path: str, key: str, body: Any = None) -> "Attempted":
        """Give a command once, however often it is sent under `key`; a problem is told and does not end the command."""
        answer = self._send("POST", path, headers={"Idempotency-Key": key}, json=body)
        told = self._json(answer)
        code = "" if answer.is_success else str(told.get("code", answer.status_code))
        return Attempted(told, code, answer.headers.get("Idempotent-Replayed") == "true")

    def now(self) -> datetime:
        """Return what the server's clock shows, whether all of its services are ready or not."""
        shown = self._json(self._send("GET", "/readyz"))
        if "now" not in shown:
            self._unreachable(ValueError("/readyz shows no clock"), "None of our servers answers at")
        return datetime.fromisoformat(shown["now"])

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            body = answer.json()
        except ValueError as error:
            self._unreachable(error, "None of our servers answers at")
        return body if isinstance(body, dict) else {}

    def _body(self, answer: httpx.Response) -> Any:
        try:
            body = answer.json()
        except ValueError as error:
            self._unreachable(error, "None of our servers answers at")
        if answer.is_success:
            return body
        _print_problem(body if isinstance(body, dict) else {"title": f"{answer.status_code}"})
        raise typer.Exit(EXIT_REFUSED)


def _print_problem(problem: dict[str, Any]) -> None:
    """Print a problem document (RFC 9457) as a person reads it."""
    title = f"[red]{escape(problem.get('title', ''))}[/red] {escape(problem.get('title_en', ''))}"
    errors.print(title, highlight=False, soft_wrap=True)
    details = [problem[name] for name in ("detail", "detail_en") if problem.get(name)]
    details += [f"{one['name']}: {one['reason']}" for one in problem.get("invalid_params", ())]
    for line in details:
        errors.print(line, markup=False, highlight=False, soft_wrap=True)
