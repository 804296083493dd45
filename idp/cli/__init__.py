"""The `idp` command: one module a subject, loaded when it is asked for."""

import importlib
import os
import sys
from pathlib import Path

import click

from idp.errors import ConfigurationError
from idp.settings import load

SUBJECTS = {
    "serve": "Answer pages and endpoints.",
    "check": "Say what is wrong with this deployment, and what to do.",
    "restored": "Make a database safe that came back from a backup.",
    "migrate": "Bring the database to this version's tables.",
    "settings": "The settings file's documentation.",
    "registry": "Schools, pupils and responsables.",
    "keys": "Signing and sealing keys.",
    "clients": "Client applications.",
    "services": "What portals show to parents as tiles.",
    "apis": "APIs that take our access tokens.",
    "accounts": "Parents' accounts.",
    "staff": "School heads, support agents and administrators.",
    "letters": "Letters that give parents their account.",
    "worker": "Deliver messages.",
    "housekeeping": "Delete and anonymise what is kept no longer.",
    "metrics": "Answer Prometheus; `idp serve` starts it.",
    "audit": "The audit log: look, verify, export.",
    "outbox": "Look at the messages that wait.",
    "switches": "Turn SMS or dynamic registration off at once.",
    "completion": "What the shell needs to complete these commands.",
    "batch": "Run many commands as one program.",
}


class Subjects(click.Group):
    """Commands by subject; a module `idp.cli.NAME` gives its `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(SUBJECTS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list that `idp --help` shows, without loading any subject."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUBJECTS.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in SUBJECTS:
            return None
        module = importlib.import_module(f"idp.cli.{cmd_name}")
        command: click.Command = module.command
        command.short_help = SUBJECTS[cmd_name]
        return command


@click.group(cls=Subjects)
@click.option("--config", type=click.Path(dir_okay=False), help="The settings file (else IDP_CONFIG, config.toml).")
@click.pass_context
def main(ctx: click.Context, config: str | None) -> None:
    """Identity provider for the parents of school children."""
    if ctx.invoked_subcommand in ("settings", "completion") or "--help" in sys.argv:
        return
    from idp import logs  # Only now: what asks for help waits for nothing that it does not need.

    if config:
        # Server processes and the worker read the same file.
        os.environ["IDP_CONFIG"] = str(Path(config).absolute())
    ctx.obj = load()
    logs.configure(ctx.obj.logs.form)


def run() -> None:
    """Entry point: configuration problems are listed, one a line, exit 2."""
    try:
        main()
    except ConfigurationError as error:
        for problem in error.problems:
            click.echo(f"idp: {problem}", err=True)
        raise SystemExit(2) from error
