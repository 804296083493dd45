"""`idp staff`: who works here, and how they are let in.

What a command does, it does at once: who may run it on the server needs no second administrator. That is the way for
the first one, and for a sole one who lost what lets them in. The audit log names the system's user.
"""

import json

import click
from rich.console import Console
from rich.table import Table

from idp.cli.context import application, operator
from idp.clock import PARIS
from idp.db import db
from idp.errors import Refusal
from idp.settings import Settings
from idp.staff import changes, errors, invitations, passkeys, proposals, recovery_codes, service
from idp.staff.models import ROLES, Role, StaffAccount, StaffProposal

SCHOOLS = click.option(
    "--school", "uais", multiple=True, metavar="UAI", help="A school of a school head; may be repeated."
)
ACADEMIE = click.option("--academie", default="", help="The académie of a support agent, such as Lille.")


@click.group()
def command() -> None:
    """School heads, support agents and administrators."""


@command.command()
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", default="", help="As colleagues know the person.")
@click.option("--email", default="", help="Where the person gets the link, and is told what others do to the account.")
@SCHOOLS
@ACADEMIE
@click.option("--password", help="A password of your own (development only).")
@click.option("--totp-secret", help="A TOTP secret of your own, in base32 (development only).")
@click.pass_obj
def invite(
    settings: Settings,
    login: str,
    role: Role,
    name: str,
    email: str,
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
            staff = service.add(login, name, role, email=email, uais=uais, academie=academie, by=operator())
        except Refusal as refusal:
            raise _explained(refusal) from refusal
        if password and totp_secret:
            staff.password_hash = service.hash_password(password, settings.passwords)
            staff.totp = {"secret": totp_secret}
            db.session.commit()
            click.echo(f"{staff.login} may log in at {settings.server.issuer}/gestion")
            return
        link = invitations.give(staff, "account", settings, by=operator())
        db.session.commit()
    _show(link, settings)


@command.command()
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@SCHOOLS
@ACADEMIE
@click.pass_obj
def role(settings: Settings, login: str, role: Role, uais: tuple[str, ...], academie: str) -> None:
    """Give LOGIN another role, other schools or another académie; the sessions end."""
    with application(settings):
        try:
            changes.change_role(_get(login), role, uais=uais, academie=academie, by=operator())
        except Refusal as refusal:
            raise _explained(refusal) from refusal
        db.session.commit()
    click.echo(f"{login}: {role}")


@command.command()
@click.argument("login")
@click.argument("address")
@click.pass_obj
def email(settings: Settings, login: str, address: str) -> None:
    """Tell LOGIN at ADDRESS from now on; the address of before is told of the change."""
    with application(settings):
        try:
            changes.change_email(_get(login), address, by=operator())
        except Refusal as refusal:
            raise _explained(refusal) from refusal
        db.session.commit()
    click.echo(f"{login} is told at {address}")


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
    table = Table("login", "name", "role", "sees", "e-mail", "second factor", "last login", "state")
    for row in rows:
        table.add_row(
            *(str(row[key]) for key in ("login", "name", "role", "sees", "email", "factor", "last_login", "state"))
        )
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
        "email": staff.email,
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
        changes.disable(_get(login), by=operator())
        db.session.commit()
    click.echo(f"{login} is disabled")


@command.command()
@click.argument("login")
@click.pass_obj
def enable(settings: Settings, login: str) -> None:
    """Let the account LOGIN in again, with its own password and second factor."""
    with application(settings):
        changes.enable(_get(login), by=operator())
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
        link = changes.reset_factor(staff, settings, by=operator())
        db.session.commit()
    _show(link, settings)


@command.command("reset-password")
@click.argument("login")
@click.pass_obj
def reset_password(settings: Settings, login: str) -> None:
    """Forget LOGIN's password and show a link to choose another.

    The second factor stays, and is asked at the next login.
    """
    with application(settings):
        link = changes.reset_password(_get(login), settings, by=operator())
        db.session.commit()
    _show(link, settings)


@command.command("proposals")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_obj
def list_proposals(settings: Settings, as_json: bool) -> None:
    """What waits in the console for a second administrator."""
    with application(settings):
        rows = [_describe_proposal(one) for one in proposals.waiting()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table(*PROPOSAL)
    for row in rows:
        table.add_row(*row.values())
    Console().print(table)


PROPOSAL = ("id", "act", "login", "proposed by", "until")


def _describe_proposal(one: StaffProposal) -> dict[str, str]:
    login = one.staff.login if one.staff else one.login
    until = f"{one.ends_at.astimezone(PARIS):%d/%m/%Y %H:%M}"
    return dict(zip(PROPOSAL, (one.id, one.act, login, one.proposer.login, until), strict=True))


@command.command("refuse-proposal")
@click.argument("proposal_id", metavar="ID")
@click.pass_obj
def refuse_proposal(settings: Settings, proposal_id: str) -> None:
    """Say no to the proposal ID; to say yes, run the command of the act itself."""
    with application(settings):
        try:
            proposals.refuse(proposal_id, by=operator())
        except errors.ProposalGone as refusal:
            raise click.ClickException(f"{proposal_id}: nothing waits under this id") from refusal
        db.session.commit()
    click.echo(f"{proposal_id} is refused")


def _show(link: str, settings: Settings) -> None:
    click.echo(f"{link}\n(once, within {settings.staff.invitation_hours} hours)")


def _get(login: str) -> StaffAccount:
    try:
        return service.get(login)
    except errors.StaffUnknown as refusal:
        raise click.ClickException(f"{login}: nobody has this login") from refusal


def _explained(refusal: Refusal) -> click.ClickException:
    words = {
        errors.LoginInvalid: "a login is 3 to 40 of a-z, 0-9, dot and hyphen, and begins with a letter",
        errors.LoginTaken: "somebody has this login already",
        errors.EmailInvalid: "this is no e-mail address",
        errors.RoleIncomplete: "a school head needs --school (known UAIs), a support agent --academie, nobody both",
    }
    return click.ClickException(words[type(refusal)])
