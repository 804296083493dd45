"""`idp clients token`: initial access tokens, with which others register their clients themselves (RFC 7591)."""

import datetime as dt
import json

import click
import msgspec

from idp.cli.context import application
from idp.clock import PARIS
from idp.db import db
from idp.errors import Refusal
from idp.oidc.grant_types import GRANT_TYPES
from idp.oidc.scopes import SCOPES
from idp.relying_parties import initial_tokens
from idp.relying_parties.models import InitialAccessToken
from idp.relying_parties.policy import NEVER, Policy
from idp.settings import Settings


@click.group("token")
def token() -> None:
    """Initial access tokens: who may register clients, how many, until when."""


@token.command()
@click.argument("label")
@click.option("--scope", default="openid profile email", show_default=True, help="The most its clients may ask for.")
@click.option("--profile", default="oidc", show_default=True, help="The profile its clients get: oidc or fapi2.")
@click.option("--grant-type", "grant_types", multiple=True, type=click.Choice(GRANT_TYPES), help="Only these.")
@click.option("--redirect-host", "redirect_hosts", multiple=True, help="Redirect URIs at these hosts only.")
@click.option("--quota", type=click.IntRange(min=1), default=10, show_default=True, help="Clients it may register.")
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="How long it is good.")
@click.option("--value", default="", help="A value of your own (demo only); made and shown once otherwise.")
@click.pass_obj
def add(settings: Settings, /, label: str, scope: str, quota: int, days: int, value: str, **ceilings: object) -> None:
    """Make a token for LABEL and show it, once."""
    if unknown := set(scope.split()) - (set(SCOPES) - NEVER):
        raise click.ClickException(f"no token gives: {' '.join(sorted(unknown))}")
    if value and not settings.server.demo:
        raise click.ClickException("--value is for the demo: tokens are made at random")
    policy = msgspec.convert({"scope": scope, **ceilings}, Policy, strict=False)
    with application(settings):
        made, shown = initial_tokens.create(label, policy, quota=quota, life=dt.timedelta(days=days), value=value)
        token_id = made.id
        db.session.commit()
    click.echo(f"id: {token_id}")
    click.echo(f"initial_access_token: {shown}")


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one array.")
@click.pass_obj
def list_tokens(settings: Settings, as_json: bool) -> None:
    """Show each token: what it may do, how much of it is used. Never its value."""
    with application(settings):
        facts = [_facts(made) for made in initial_tokens.list_all()]
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for fact in facts:
        state = "revoked" if fact["revoked"] else f"until {fact['expires_at']}"
        click.echo(f"{fact['id']}  {state}  {fact['used']}/{fact['quota']}  [{fact['scope']}]  {fact['label']}")


@token.command()
@click.argument("token_id")
@click.pass_obj
def revoke(settings: Settings, token_id: str) -> None:
    """Let nobody register with this token any more; its clients stay."""
    with application(settings):
        try:
            initial_tokens.revoke(token_id)
        except Refusal as refusal:
            raise click.ClickException(f"no token {token_id}") from refusal
        db.session.commit()
    click.echo(f"{token_id} is revoked")


def _facts(made: InitialAccessToken) -> dict[str, object]:
    return {
        "id": made.id,
        "label": made.label,
        **made.policy,
        "quota": made.quota,
        "used": made.used,
        "expires_at": f"{made.expires_at.astimezone(PARIS):%d/%m/%Y %H:%M}",
        "revoked": made.revoked_at is not None,
    }
