"""`idp accounts`: what support does to parents' accounts."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import click
import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import or_, select

from idp.accounts import identifiant as identifiants
from idp.accounts import search
from idp.accounts.models import Account
from idp.cli import accounts_new_password
from idp.cli.context import application, operator
from idp.clock import PARIS
from idp.db import db
from idp.flows import account_facts, email_validation, merging, standing, support
from idp.flows.account_facts import AccountFacts
from idp.flows.errors import (
    NothingToValidate,
    NotMerged,
    NotSuspendable,
    NotSuspended,
    ReasonMissing,
    TooManyMails,
    UndoTooLate,
)
from idp.settings import Settings

_reason = click.option("--reason", required=True, help="Why; kept in the audit log. No name, no address.")
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")


@click.group()
def command() -> None:
    """Parents' accounts."""


command.add_command(accounts_new_password.command)


@command.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 500), default=25, show_default=True, help="People shown.")
@_json
@click.pass_obj
def find(settings: Settings, text: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find people by identifiant, name, mail address, mobile or number of a request; a slip is tolerated."""
    with application(settings):
        results = search.find(" ".join(text), search.everywhere, limit)
    if as_json:
        click.echo(orjson.dumps(results, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table("name", "identifiant", "state", "schools", "last login")
    for one in results.found:
        name = f"{one.family_name.upper()} {one.first_name}"
        shown = (name, one.identifiant, one.state, ", ".join(one.schools), _plain(one.last_login_at))
        table.add_row(*map(escape, shown))
    Console(width=None if Console().is_terminal else 140).print(table)
    if results.more:
        click.echo("there are others: add a first name, or letters")


@command.command()
@click.argument("identifiant")
@_json
@click.pass_obj
def show(settings: Settings, identifiant: str, as_json: bool) -> None:
    """Show the account IDENTIFIANT (or its id): state, addresses, what it holds, what staff did to it."""
    with application(settings):
        _print(_find(identifiant), settings, as_json)


@command.command()
@click.argument("identifiant")
@_reason
@_json
@click.pass_obj
def suspend(settings: Settings, identifiant: str, reason: str, as_json: bool) -> None:
    """Suspend the account IDENTIFIANT: its sessions, tokens and links end now, its owner is told by mail."""
    _decide(settings, identifiant, as_json, lambda account: standing.suspend(account, reason, operator()))


@command.command()
@click.argument("identifiant")
@_reason
@_json
@click.pass_obj
def resume(settings: Settings, identifiant: str, reason: str, as_json: bool) -> None:
    """End the suspension of IDENTIFIANT: the account is what it was before, and its owner is told by mail."""
    _decide(settings, identifiant, as_json, lambda account: standing.resume(account, reason, operator()))


@command.command()
@click.argument("identifiant")
@_json
@click.pass_obj
def unlock(settings: Settings, identifiant: str, as_json: bool) -> None:
    """Forget the wrong passwords of IDENTIFIANT: its owner may log in at once."""
    _decide(settings, identifiant, as_json, lambda account: standing.unlock(account, operator()))


@command.command("resend-validation")
@click.argument("identifiant")
@_reason
@_json
@click.pass_obj
def resend_validation(settings: Settings, identifiant: str, reason: str, as_json: bool) -> None:
    """Mail the link that proves the address of IDENTIFIANT once more; the link before it dies."""

    def link_url(token: str) -> str:
        return settings.server.issuer + email_validation.LINK + token

    def send(account: Account) -> None:
        support.resend_validation(account, reason, operator(), "", link_url, settings.email_validation)

    _decide(settings, identifiant, as_json, send)


@command.command("undo-merge")
@click.argument("identifiant")
@_reason
@click.pass_obj
def undo_merge(settings: Settings, identifiant: str, reason: str) -> None:
    """Open the account IDENTIFIANT again, which was closed when its children went to another account."""
    with application(settings), _refusals(identifiant):
        language, why = settings.site.languages[0], support.check_reason(reason)
        try:
            merging.undo(identifiants.normalise(identifiant), language=language, by=operator(), reason=why)
        except NotMerged:
            raise click.ClickException(f"{identifiant}: no account of that name was closed by a merge") from None
        except UndoTooLate as refusal:
            until = refusal.ended_at.astimezone(PARIS)
            raise click.ClickException(f"{identifiant}: could be undone until {until:%d/%m/%Y %H:%M}") from None
        db.session.commit()
    click.echo(f"{identifiant} is open again, with its own children; both owners are told by mail")


def _find(typed: str) -> Account:
    name = identifiants.normalise(typed)
    account = db.session.scalar(select(Account).where(or_(Account.identifiant == name, Account.id == name)))
    if account is None:
        raise click.ClickException(f"{typed}: no account of that name")
    return account


def _decide(settings: Settings, typed: str, as_json: bool, act: Callable[[Account], None]) -> None:
    """Do one thing to an account, in one transaction, and show what it is now."""
    with application(settings):
        account = _find(typed)
        with _refusals(account.identifiant):
            act(account)
        db.session.commit()
        _print(account, settings, as_json)


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    try:
        yield
    except NotSuspendable as refusal:
        raise click.ClickException(f"{name} is {refusal.state}: it cannot be suspended") from None
    except NotSuspended as refusal:
        raise click.ClickException(f"{name} is {refusal.state}: it is not suspended") from None
    except NothingToValidate:
        raise click.ClickException(f"{name}: no address of this account waits to be validated") from None
    except TooManyMails as refusal:
        until = refusal.ends_at.astimezone(PARIS)
        raise click.ClickException(
            f"{name}: too many mails have left already; again at {until:%d/%m/%Y %H:%M}"
        ) from None
    except ReasonMissing:
        raise click.ClickException("--reason is empty: say why") from None


def _print(account: Account, settings: Settings, as_json: bool) -> None:
    facts = account_facts.of(account, settings.sessions)
    db.session.commit()
    if as_json:
        click.echo(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode())
        return
    console = Console(width=None if Console().is_terminal else 120)
    console.print(_table(facts))
    for act in facts.acts:
        told = ", ".join(f"{name}: {value}" for name, value in act.facts.items())
        console.print(f"{_plain(act.at)}  {act.event}  {told}", markup=False)


def _table(facts: AccountFacts) -> Table:
    table = Table("what", "value")
    for field in fields(facts):
        if field.name != "acts":
            table.add_row(field.name.replace("_", " "), escape(_plain(getattr(facts, field.name))))
    return table


def _plain(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(PARIS):%d/%m/%Y %H:%M:%S}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)
