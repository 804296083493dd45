"""`idp clients`: the relying parties."""

import datetime as dt
import json
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idp.cli.clients_token import token
from idp.cli.context import acting, application, explained, operator, together
from idp.db import db
from idp.errors import Refusal
from idp.grants import ended_clients
from idp.relying_parties import administration, service
from idp.relying_parties.administration import Change, Document
from idp.settings import Settings

_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def command() -> None:
    """Client applications."""


command.add_command(token)


_members = together(
    click.option("--name", "client_name", help="The name that parents read."),
    click.option("--redirect-uri", "redirect_uris", multiple=True, help="May be repeated."),
    click.option("--post-logout-redirect-uri", "post_logout_redirect_uris", multiple=True, help="May be repeated."),
    click.option("--scope", help="Scopes the client may ask for."),
    click.option("--auth-method", "token_endpoint_auth_method", help="How it authenticates."),
    click.option("--grant-type", "grant_types", multiple=True, help="May be repeated."),
    click.option("--alg", "id_token_signed_response_alg", help="Algorithm of its ID tokens: ES256, RS256…"),
    click.option("--jwks", type=click.File("rb"), help="A file with the public keys, for private_key_jwt."),
    click.option("--metadata", default="{}", help="Further members of the registration, as a JSON object."),
    click.option("--first-party/--third-party", default=None, help="The ministry's own: no consent is asked."),
    click.option("--birth-dates/--no-birth-dates", "birth_dates_allowed", default=None,
                 help="May read children's birth dates (scope eleves)."),
)  # fmt: skip
"""Options that say a registration's members; a member without an option of its own goes into --metadata."""


def _document(options: dict[str, Any], **usual: Any) -> Document:
    """The members that were said; `usual` where they were not."""
    try:
        further = json.loads(options.pop("metadata"))
        jwks = options.pop("jwks")
        keys = {"jwks": json.load(jwks)} if jwks else {}
    except ValueError as error:
        raise click.ClickException(f"not JSON: {error}") from error
    if not isinstance(further, dict):
        raise click.ClickException("--metadata: a JSON object")
    said = {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}
    return {**usual, **{name: value for name, value in said.items() if value not in (None, [])}, **keys, **further}


def _tell(change: Change, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**administration.describe(change.client), "client_secret": change.secret}, indent=2))
        return
    done = "registered" if change.created else ", ".join(change.members) or "nothing"
    click.echo(f"client_id: {change.client.client_id}")
    click.echo(f"changed: {done}")
    if change.secret:
        click.echo(f"client_secret: {change.secret}")


@command.command()
@click.argument("client_id")
@_members
@click.option("--secret", help="A secret of your own (development only); made and shown once otherwise.")
@_json
@click.pass_obj
def add(settings: Settings, /, client_id: str, secret: str | None, as_json: bool, **options: Any) -> None:
    """Register a client and show its secret, once."""
    usual = {"scope": "openid profile email", "grant_types": ["authorization_code", "refresh_token"]}
    with acting(settings):
        known = [client.client_id for client in service.list_clients()]
        if client_id in known:
            raise click.ClickException(f"{client_id} is registered already: `idp clients update`")
        document = _document(options, **usual)
        change = administration.put(client_id, document, by=operator(), demo=settings.server.demo, secret=secret)
        db.session.commit()
        _tell(change, as_json)


@command.command()
@click.argument("client_id")
@_members
@_json
@click.pass_obj
def update(settings: Settings, /, client_id: str, as_json: bool, **options: Any) -> None:
    """Change the members that are said; one that --metadata gives as null is taken away."""
    with acting(settings):
        change = administration.update(client_id, _document(options), by=operator(), demo=settings.server.demo)
        db.session.commit()
        _tell(change, as_json)


@command.command()
@click.argument("files", type=click.File("rb"), nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.pass_obj
def apply(settings: Settings, files: tuple[Any, ...], dry_run: bool) -> None:
    """Make clients what FILES say, each a JSON object with its client_id, as `idp clients show --json` writes it.

    All or nothing; again, it changes nothing. So registrations are kept in code.
    """
    with application(settings):
        try:
            changes = [_apply(json.load(file), settings) for file in files]
        except ValueError as error:
            raise click.ClickException(f"not JSON: {error}") from error
        except Refusal as refusal:
            raise explained(refusal) from refusal
        told = [(change.client.client_id, change) for change in changes]
        if not dry_run:
            db.session.commit()
    for client_id, change in told:
        done = "registered" if change.created else ", ".join(change.members) or "as it was"
        click.echo(f"{client_id}: {done}")
        if change.secret and not dry_run:
            click.echo(f"client_secret: {change.secret}")


def _apply(document: Any, settings: Settings) -> Change:
    if not isinstance(document, dict) or not isinstance(document.get("client_id"), str):
        raise click.ClickException("each file holds a JSON object with client_id")
    return administration.put(document["client_id"], document, by=operator(), demo=settings.server.demo)


@command.command("list")
@_json
@click.pass_obj
def list_clients(settings: Settings, as_json: bool) -> None:
    """Show each client: identifier, state, method, scopes, name."""
    with application(settings):
        found = [administration.describe(client) for client in service.list_clients()]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    table = Table("client_id", "state", "reviewed", "authentication", "scope", "name")
    for told in found:
        reviewed = "yes" if told["reviewed"] else "no"
        seen = (told["token_endpoint_auth_method"], told["scope"], told["client_name"])
        table.add_row(told["client_id"], told["state"], reviewed, *map(escape, seen))
    Console(width=None if Console().is_terminal else 160).print(table)


@command.command()
@click.argument("client_id")
@_json
@click.pass_obj
def show(settings: Settings, client_id: str, as_json: bool) -> None:
    """Show the whole registration of one client; never its secret."""
    with acting(settings):
        told = administration.describe(service.get_client(client_id))
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    table = Table(show_header=False)
    for name, value in told.items():
        text = "\n".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        table.add_row(name, escape(text))
    Console(width=None if Console().is_terminal else 120).print(table)


@command.command()
@click.argument("client_id")
@click.option("--reason", default="", help="Why; kept in the audit log.")
@click.pass_obj
def disable(settings: Settings, client_id: str, reason: str) -> None:
    """Answer no request of this client any more; its tokens end, and it is told of the sessions it knows."""
    with acting(settings):
        ended_clients.disable(client_id, by=operator(), reason=reason)
    click.echo(f"{client_id} is disabled")


@command.command()
@click.argument("client_id")
@click.pass_obj
def enable(settings: Settings, client_id: str) -> None:
    """Answer the requests of a disabled client again; what it had before stays worth nothing."""
    with acting(settings):
        ended_clients.enable(client_id, by=operator())
    click.echo(f"{client_id} is on")


@command.command()
@click.argument("client_id")
@click.pass_obj
def review(settings: Settings, client_id: str) -> None:
    """Somebody has looked at this client, which registered itself: parents are not warned any more."""
    with acting(settings):
        administration.review(client_id, by=operator())
    click.echo(f"{client_id} is reviewed")


@command.command()
@click.argument("client_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(settings: Settings, client_id: str, yes: bool) -> None:
    """Take a client away for good, with all that parents gave it; its identifier is never given again."""
    if not yes:
        click.confirm(f"Remove {client_id} for good?", abort=True)
    with acting(settings):
        ended_clients.remove(client_id, by=operator())
    click.echo(f"{client_id} is removed")


@command.command("rotate-secret")
@click.argument("client_id")
@click.option("--overlap", type=click.IntRange(min=0), help="Hours the old one is good (else [clients]).")
@_json
@click.pass_obj
def rotate_secret(settings: Settings, client_id: str, overlap: int | None, as_json: bool) -> None:
    """Give a new secret, shown once; the old one dies after the overlap."""
    hours = settings.clients.secret_overlap_hours if overlap is None else overlap
    with acting(settings):
        shown = administration.rotate_secret(client_id, dt.timedelta(hours=hours), by=operator())
    click.echo(json.dumps({"client_secret": shown}) if as_json else f"client_secret: {shown}")
