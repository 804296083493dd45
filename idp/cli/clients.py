"""`idp clients`: the relying parties."""

import datetime as dt
import json

import click

from idp.cli.clients_token import token
from idp.cli.context import application
from idp.db import db
from idp.errors import Refusal
from idp.relying_parties import service
from idp.settings import Settings


@click.group()
def command() -> None:
    """Client applications."""


command.add_command(token)


@command.command()
@click.argument("client_id")
@click.option("--name", required=True, help="The name that parents read.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="May be repeated.")
@click.option("--post-logout-redirect-uri", "post_logout_redirect_uris", multiple=True, help="May be repeated.")
@click.option("--scope", default="openid profile email", show_default=True, help="Scopes the client may ask for.")
@click.option("--auth-method", default="client_secret_basic", show_default=True)
@click.option("--grant-type", "grant_types", multiple=True, default=("authorization_code", "refresh_token"))
@click.option("--alg", default="ES256", show_default=True, help="Algorithm of its ID tokens: ES256 or RS256.")
@click.option("--jwks", type=click.File("rb"), help="A file with the public keys, for private_key_jwt.")
@click.option("--secret", help="A secret of your own (development only); made and shown once otherwise.")
@click.option("--metadata", default="{}", help="Further members of the registration, as a JSON object.")
@click.option("--first-party", is_flag=True, help="The ministry's own: no consent is asked.")
@click.option("--birth-dates", is_flag=True, help="May read children's birth dates (scope eleves).")
@click.pass_obj
def add(settings: Settings, /, client_id: str, name: str, scope: str, secret: str | None, **options: object) -> None:
    """Register a client and show its secret, once."""
    with application(settings):
        try:
            _, shown = service.register(
                client_id,
                name,
                _metadata(options),
                scope=scope,
                first_party=bool(options["first_party"]),
                birth_dates_allowed=bool(options["birth_dates"]),
                secret=secret,
                demo=settings.server.demo,
            )
        except Refusal as refusal:
            raise _explained(refusal) from refusal
        db.session.commit()
    click.echo(f"client_id: {client_id}")
    if shown:
        click.echo(f"client_secret: {shown}")


def _metadata(options: dict[str, object]) -> dict[str, object]:
    try:
        metadata: dict[str, object] = json.loads(str(options["metadata"]))
        if options["jwks"]:
            metadata["jwks"] = json.load(options["jwks"])  # type: ignore[arg-type]
    except ValueError as error:
        raise click.ClickException(f"not JSON: {error}") from error
    for member in ("redirect_uris", "post_logout_redirect_uris", "grant_types"):
        metadata[member] = list(options[member])  # type: ignore[call-overload]
    metadata["token_endpoint_auth_method"] = options["auth_method"]
    metadata["id_token_signed_response_alg"] = options["alg"]
    return metadata


def _explained(refusal: Refusal) -> click.ClickException:
    problems = refusal.facts.get("problems")
    text = "\n".join(problems) if isinstance(problems, list) else f"{type(refusal).__name__} {refusal.facts}"
    return click.ClickException(text)


@command.command("list")
@click.pass_obj
def list_clients(settings: Settings) -> None:
    """Show each client: identifier, name, method, scopes."""
    with application(settings):
        for client in service.list_clients():
            method = client.metadata_.get("token_endpoint_auth_method", "client_secret_basic")
            state = "disabled" if client.disabled_at else "on"
            click.echo(f"{client.client_id}  {state}  {method}  [{client.scope}]  {client.client_name}")


@command.command()
@click.argument("client_id")
@click.pass_obj
def disable(settings: Settings, client_id: str) -> None:
    """Answer no request of this client any more."""
    with application(settings):
        try:
            service.disable(client_id)
        except Refusal as refusal:
            raise _explained(refusal) from refusal
        db.session.commit()
    click.echo(f"{client_id} is disabled")


@command.command()
@click.argument("client_id")
@click.pass_obj
def enable(settings: Settings, client_id: str) -> None:
    """Answer the requests of a disabled client again."""
    with application(settings):
        try:
            service.enable(client_id)
        except Refusal as refusal:
            raise _explained(refusal) from refusal
        db.session.commit()
    click.echo(f"{client_id} is on")


@command.command("rotate-secret")
@click.argument("client_id")
@click.option("--overlap", type=click.IntRange(min=0), default=0, show_default=True, help="Hours the old one is good.")
@click.pass_obj
def rotate_secret(settings: Settings, client_id: str, overlap: int) -> None:
    """Give a new secret, shown once; the old one dies after the overlap."""
    with application(settings):
        try:
            shown = service.rotate_secret(client_id, dt.timedelta(hours=overlap))
        except Refusal as refusal:
            raise _explained(refusal) from refusal
        db.session.commit()
    click.echo(f"client_secret: {shown}")
