"""`idp staff`: who works here, and how they are let in."""

import json

import click
from rich.console import Console
from rich.table import Table

from idp.cli.context import application
from idp.clock import PARIS
from idp.db import db
from idp.errors import Refusal
from idp.settings import Settings
from idp.staff import errors, invitations, passkeys, recovery_codes, service
from idp.staff.models import ROLES, Role, StaffAccount

BY = "command"


@click.group()
def command() -> None:
    """School heads, support agents and administrators."""


@command.command()
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", default="", help="As colleagues know the person.")
@click.option("--school", "uais", multiple=True, metavar="UAI", help="A school of a school head; may be repeated.")
@click.option("--academie", default="", help="The académie of a support agent, such as Lille.")
@click.option("--password", help="A password of your own (development only).")
@click.option("--totp-secret", help="A TOTP secret of your own, in base32 (development only).")
@click.pass_obj
def invite(
    settings: Settings,
    login: str,
    role: Role,
    name: str,
    uais: tuple[str, ...],
    academie: str,
    password: str | None,
    totp_secret: str | None,
) -> None:
    """Make the account LOGIN and show the link by which its owner chooses a password and a second factor.

    The link works once, for 72 hours (setting). Send it so that nobody else reads it.
    """
    if (password or totp_secret) and not (settings.server.demo and password and totp_secret):
        raise click.UsageError("--password and --totp-secret go together, with server.demo = true.")
    with application(settings):
        try:
            staff = service.add(login, name, role, uais=uais, academie=academie, by=BY)
        except Refusal as refusal:
            raise _explained(refusal) from refusal
        if password and totp_secret:
            staff.password_hash = service.hash_password(password, settings.passwords)
            staff.totp = {"secret": totp_secret}
            db.session.commit()
            click.echo(f"{staff.login} may log in at {settings.server.issuer}/gestion")
            return
        link = _link(settings, invitations.make(staff, "account", settings.staff, by=BY))
        db.session.commit()
    click.echo(f"{link}\n(once, within {settings.staff.invitation_hours} hours)")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """Everybody who works here."""
    with application(settings):
        rows = [_describe(staff) for staff in service.everybody()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("login", "name", "role", "sees", "second factor", "last login", "state")
    for row in rows:
        table.add_row(*(str(row[key]) for key in ("login", "name", "role", "sees", "factor", "last_login", "state")))
    Console().print(table)


def _describe(staff: StaffAccount) -> dict[str, str]:
    factors = (["totp"] if staff.totp else []) + [f"passkey {key.name}" for key in passkeys.of(staff.id)]
    codes = recovery_codes.left(staff.id)
    last = staff.last_login_at
    return {
        "login": staff.login,
        "name": staff.name,
        "role": staff.role,
        "sees": ", ".join(staff.uais) or staff.academie,
        "factor": ", ".join(factors + [f"{codes} recovery codes"] if factors else ["none"]),
        "last_login": f"{last.astimezone(PARIS):%d/%m/%Y %H:%M}" if last else "never",
        "state": "disabled" if staff.disabled_at else "open" if factors and staff.password_hash else "invited",
    }


@command.command()
@click.argument("login")
@click.pass_obj
def disable(settings: Settings, login: str) -> None:
    """Close the account LOGIN at once: its sessions end, nothing opens it."""
    with application(settings):
        service.disable(_get(login), by=BY)
        db.session.commit()
    click.echo(f"{login} is disabled")


@command.command()
@click.argument("login")
@click.pass_obj
def enable(settings: Settings, login: str) -> None:
    """Let the account LOGIN in again, with its own password and second factor."""
    with application(settings):
        service.enable(_get(login), by=BY)
        db.session.commit()
    click.echo(f"{login} may log in again")


@command.command("reset-second-factor")
@click.argument("login")
@click.pass_obj
def reset_second_factor(settings: Settings, login: str) -> None:
    """Forget LOGIN's second factors and recovery codes; show a link to set up a new one.

    The link asks for the account's password: neither who runs this nor who finds it gets in alone.
    """
    with application(settings):
        staff = _get(login)
        if not staff.password_hash:
            raise click.ClickException(f"{login} has no password yet: idp staff reset-password gives a new invitation")
        link = _link(settings, service.reset_factor(staff, settings.staff, by=BY))
        db.session.commit()
    click.echo(f"{link}\n(once, within {settings.staff.invitation_hours} hours)")


@command.command("reset-password")
@click.argument("login")
@click.pass_obj
def reset_password(settings: Settings, login: str) -> None:
    """Show a link by which LOGIN chooses a new password. The second factor stays, and is asked at the next login."""
    with application(settings):
        staff = _get(login)
        purpose: invitations.Purpose = "password" if service.has_factor(staff) else "account"
        link = _link(settings, invitations.make(staff, purpose, settings.staff, by=BY))
        db.session.commit()
    click.echo(f"{link}\n(once, within {settings.staff.invitation_hours} hours)")


def _link(settings: Settings, token: str) -> str:
    return f"{settings.server.issuer}/gestion/invitation/{token}"


def _get(login: str) -> StaffAccount:
    try:
        return service.get(login)
    except errors.StaffUnknown as refusal:
        raise click.ClickException(f"{login}: nobody has this login") from refusal


def _explained(refusal: Refusal) -> click.ClickException:
    words = {
        errors.LoginInvalid: "a login is 3 to 40 of a-z, 0-9, dot and hyphen, and begins with a letter",
        errors.LoginTaken: "somebody has this login already",
        errors.RoleIncomplete: "a school head needs --school (known UAIs), a support agent --academie, nobody both",
    }
    return click.ClickException(words[type(refusal)])
