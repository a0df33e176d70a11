"""How commands of the command line talk to a running server: one token, one client, problems printed plainly."""

import os
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

console = Console()
errors = Console(stderr=True)

EXIT_REFUSED = 1
EXIT_UNREACHABLE = 2

Url = Annotated[str, typer.Option(help="Address of the running server.", envvar="LIENTHONG_URL")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
DEFAULT_URL = "http://127.0.0.1:8080"


class Remote:
    """A running server, asked as one role. The token is `LIENTHONG_TOKEN`, or one of the rehearsal's."""

    def __init__(self, url: str, role: str = "inspector") -> None:
        self._client = httpx.Client(base_url=url, timeout=30.0)
        token = os.environ.get("LIENTHONG_TOKEN") or self._rehearsal_token(role)
        self._client.headers["Authorization"] = f"Bearer {token}"

    def _rehearsal_token(self, role: str) -> str:
        answer = self._send("POST", "/api/v1/rehearsal/tokens", json={"role": role, "id": f"{role}:cli"})
        if answer.status_code == 404:
            errors.print("This server is not in rehearsal: put an access token into LIENTHONG_TOKEN.")
            raise typer.Exit(EXIT_REFUSED)
        return str(answer.json()["token"])

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **content)
        except httpx.TransportError as error:
            errors.print(f"[red]No server answers at {self._client.base_url}[/red] ({error}).")
            errors.print("Start one with `lienthong serve`, or name it with --url.")
            raise typer.Exit(EXIT_UNREACHABLE) from error

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON body of a GET, or end the command with the problem it met."""
        return self._body(self._send("GET", path, params=params))

    def post(self, path: str, body: Any) -> Any:
        """Return the JSON body of a POST, or end the command with the problem it met."""
        return self._body(self._send("POST", path, json=body))

    def _body(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json()
        problem = answer.json()
        errors.print(f"[red]{problem.get('title', answer.status_code)}[/red] {problem.get('title_en', '')}")
        if problem.get("detail"):
            errors.print(problem["detail"])
        raise typer.Exit(EXIT_REFUSED)
