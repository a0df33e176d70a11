"""The command `lienthong`."""

import typer

from chassis.logs import set_up
from cli import (
    backup,
    clock,
    dossier,
    events,
    heads,
    incident,
    issuer,
    kafka,
    parked,
    payments,
    postgres,
    rebuild,
    registry,
    rights,
    schemas,
    serve,
    trace,
    vault,
    verify,
)
from cli import demo as demonstration
from cli.exits import IN_WORDS

app = typer.Typer(
    name="lienthong",
    help="Liên Thông: carries a dossier through the one-stop shop (một cửa liên thông).",
    epilog=IN_WORDS,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)
app.command("serve")(serve.serve)
app.command("up")(serve.up)
app.command("demo")(demonstration.demo)
app.command("clock")(clock.clock)
app.command("rights")(rights.rights)
app.command("token")(issuer.token)
app.command("trace")(trace.trace)
app.command("verify")(verify.verify)
app.command("rebuild")(rebuild.rebuild)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(dossier.app, name="dossier")
app.add_typer(events.app, name="events")
app.add_typer(heads.app, name="heads")
app.add_typer(incident.app, name="incident")
app.add_typer(issuer.app, name="issuer")
app.add_typer(kafka.app, name="kafka")
app.add_typer(postgres.app, name="postgres")
app.add_typer(parked.app, name="parked")
app.add_typer(payments.app, name="payments")
app.add_typer(registry.app, name="registry")
app.add_typer(schemas.app, name="schemas")
app.add_typer(vault.app, name="vault")


def main() -> None:
    """Run the command line."""
    set_up()
    app()


if __name__ == "__main__":
    main()
