"""`idp services`: what portals show to parents as tiles."""

import json
from typing import Any

import click
from click.shell_completion import CompletionItem
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idp.cli.context import acting, application, operator, together
from idp.db import db
from idp.services import members, pictures, service
from idp.services.service import Change
from idp.settings import Settings, load

LISTS = ("degrees", "academies", "uais")

_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


def _known(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The identifiers of the database, for the shell; none when it does not answer."""
    try:
        with application(load()):
            found = service.list_services()
    except Exception:
        return []
    return [CompletionItem(one.service_id, help=one.title) for one in found if one.service_id.startswith(incomplete)]


_one = click.argument("service_id", shell_complete=_known)


@click.group()
def command() -> None:
    """Services: the tiles of portals (docs/services.md)."""


_members = together(
    click.option("--title", help="What parents read on the tile."),
    click.option("--title-en", help="The same in English."),
    click.option("--description", help="A sentence under the title."),
    click.option("--description-en", help="The same in English."),
    click.option("--picture", type=click.Choice([*pictures.NAMES, pictures.LOGO]), help="logo: the client's own."),
    click.option("--client", "client_id", help="The client application that the tile opens."),
    click.option("--link", help="An address that the tile opens, where there is no client."),
    click.option("--target", "target_link_uri", help="The client's page to land on; else the client chooses."),
    click.option("--names-child/--no-names-child", default=None, help="Tell the target which child it is about."),
    click.option("--degree", "degrees", type=click.Choice(["1", "2"]), multiple=True,
                 help="1: écoles. 2: collèges and lycées. May be repeated."),
    click.option("--academie", "academies", multiple=True, help="Its schools alone. May be repeated."),
    click.option("--school", "uais", multiple=True, help="The UAI of a school that has it. May be repeated."),
    click.option("--all-schools", is_flag=True, help="Every school has it."),
    click.option("--position", type=click.IntRange(0, members.LAST_POSITION), help="Lower is first."),
    click.option("--on/--off", default=None, help="Whether portals show it."),
)  # fmt: skip
"""Options that say a service's members."""


def _said(options: dict[str, Any]) -> dict[str, Any]:
    """The members that were said. Which schools have it is one member of three lists: naming some drops the others."""
    everywhere = options.pop("all_schools")
    named = {name: list(options.pop(name)) for name in LISTS}
    said = {name.replace("_en", "#en"): value for name, value in options.items() if value is not None}
    if everywhere or any(named.values()):
        said |= {**named, "degrees": [int(degree) for degree in named["degrees"]]}
    return said


def _tell(change: Change, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(service.describe(change.service), indent=2, ensure_ascii=False))
        return
    done = "added" if change.created else ", ".join(change.members) or "nothing changed"
    click.echo(f"{change.service.service_id}: {done}")


@command.command()
@click.argument("service_id")
@_members
@_json
@click.pass_obj
def add(settings: Settings, /, service_id: str, as_json: bool, **options: Any) -> None:
    """Add a service, after the others where no position is said."""
    with acting(settings):
        if any(known.service_id == service_id for known in service.list_services()):
            raise click.ClickException(f"{service_id} is there already: `idp services change`")
        change = service.put(service_id, _said(options), by=operator(), demo=settings.server.demo)
        db.session.commit()
        _tell(change, as_json)


@command.command()
@_one
@_members
@_json
@click.pass_obj
def change(settings: Settings, /, service_id: str, as_json: bool, **options: Any) -> None:
    """Change what is said and nothing else; an empty text takes a member away."""
    with acting(settings):
        done = service.update(service_id, _said(options), by=operator(), demo=settings.server.demo)
        db.session.commit()
        _tell(done, as_json)


@command.command()
@_one
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(settings: Settings, service_id: str, yes: bool) -> None:
    """Take a service away from every portal; its client application stays."""
    if not yes:
        click.confirm(f"Remove {service_id}?", abort=True)
    with acting(settings):
        service.remove(service_id, by=operator())
    click.echo(f"{service_id} is removed")


@command.command("list")
@_json
@click.pass_obj
def list_services(settings: Settings, as_json: bool) -> None:
    """Show each service in the order of the tiles."""
    with application(settings):
        found = [service.describe(one) for one in service.list_services()]
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    table = Table("position", "service_id", "state", "title", "opens", "schools")
    for told in found:
        schools = ", ".join(str(item) for name in LISTS for item in told[name]) or "all"
        seen = (told["title"], told["client_id"] or told["link"], schools)
        table.add_row(str(told["position"]), told["service_id"], told["state"], *map(escape, seen))
    Console(width=None if Console().is_terminal else 160).print(table)


@command.command()
@_one
@_json
@click.pass_obj
def show(settings: Settings, service_id: str, as_json: bool) -> None:
    """Show one service whole."""
    with acting(settings):
        told = service.describe(service.get_service(service_id))
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    table = Table(show_header=False)
    for name, value in told.items():
        table.add_row(name, escape(", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    Console(width=None if Console().is_terminal else 120).print(table)
