"""`idp check`: is this deployment ready to serve? What is wrong, and what to do."""

import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import click
from limits.errors import StorageError
from limits.storage import storage_from_string
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from idp.db import engine
from idp.delivery.errors import in_short
from idp.delivery.mail import SmtpSender
from idp.delivery.senders import sms_gateway
from idp.errors import ConfigurationError
from idp.provider import keys
from idp.settings import Settings

SECONDS = 5


@dataclass
class Findings:
    """What one look found. Problems keep the provider from working; warnings do not."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def check_keys(settings: Settings) -> Findings:
    return Findings(keys.problems(Path(settings.keys.directory)))


def check_database(settings: Settings) -> Findings:
    """Reachable, with its tables, and readable by us alone (ATTACKS 135)."""
    found = Findings()
    url = make_url(settings.database.url)
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        if not file.exists():
            return Findings([f"database.url: {file} does not exist: run `idp migrate`"])
        if file.stat().st_mode & 0o077:
            found.warnings.append(f"database.url: {file} is readable by others: run `chmod 600 {file}`")
    options = engine.options(settings.database)
    database = create_engine(options.pop("url"), **options)
    try:
        with database.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                found.problems.append("database.url: the tables are missing: run `idp migrate`")
            else:
                connection.execute(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError as error:
        found.problems.append(f"database.url: the database does not answer ({type(error).__name__}): is it running?")
    finally:
        database.dispose()
    return found


def check_sms(settings: Settings) -> Findings:
    if settings.sms.driver == "none":
        return Findings(warnings=["sms.driver: none, so no SMS leaves and nobody can register by SMS"])
    try:
        sms_gateway(settings.sms)
    except ConfigurationError as error:
        return Findings(error.problems)
    parts = urlsplit(settings.sms.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), SECONDS) as plain:
            if parts.scheme == "https":
                ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname).close()
    except OSError as error:
        return Findings(
            [f"sms.url: {parts.hostname}:{port} does not answer ({in_short(error)}): correct it, or start it"]
        )
    return Findings()


def check_mail(settings: Settings) -> Findings:
    """Connects and logs in as the worker does."""
    mail = settings.mail
    if not mail.host:
        return Findings(warnings=["mail.host: empty, so no mail leaves"])
    try:
        with contextlib.closing(SmtpSender(mail).connect()) as relay:
            relay.noop()
    except OSError as error:
        where = f"{mail.host}:{mail.port}"
        return Findings([f"mail.host: {where} does not take our mail ({in_short(error)}): correct [mail], or start it"])
    return Findings()


def check_limits(settings: Settings) -> Findings:
    store = settings.limits.store
    if store == "memory://" and settings.server.workers > 1:
        return Findings(warnings=["limits.store: memory://, so each of the processes counts addresses for itself"])
    timeouts = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS} if store.startswith("redis") else {}
    try:
        answers = storage_from_string(store, wrap_exceptions=True, **timeouts).check()
    except (StorageError, ValueError):
        answers = False
    return Findings([] if answers else ["limits.store: it does not answer: start it, or correct its address"])


def check_site(settings: Settings) -> Findings:
    found = Findings()
    if settings.site.theme and not Path(settings.site.theme).is_dir():
        found.problems.append(f"site.theme: no such folder: {settings.site.theme}")
    if not settings.site.portal_url:
        found.warnings.append("site.portal_url: empty, so a login that no service asked for ends on a bare page")
    if not (settings.contact.phone or settings.contact.email):
        found.warnings.append("contact: neither phone nor email, so pages name nobody to ask")
    if settings.server.demo:
        found.warnings.append("server.demo: plain http works at 127.0.0.1; never for real parents")
    return found


LOOKS: dict[str, Callable[[Settings], Findings]] = {
    "keys": check_keys,
    "database": check_database,
    "sms": check_sms,
    "mail": check_mail,
    "limits": check_limits,
    "site": check_site,
}


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Look at settings, keys, database, gateways; say what is wrong and what to do. Exit 1 for a problem."""
    click.echo("ok       settings")
    failed = False
    for name, look in LOOKS.items():
        found = look(settings)
        failed |= bool(found.problems)
        for problem in found.problems:
            click.echo(f"PROBLEM  {problem}")
        for warning in found.warnings:
            click.echo(f"warning  {warning}")
        if not found.problems and not found.warnings:
            click.echo(f"ok       {name}")
    raise SystemExit(1 if failed else 0)
