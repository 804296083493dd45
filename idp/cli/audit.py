"""`idp audit`: look at the log, verify its chain, export it signed."""

import json
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from idp import audit
from idp.accounts.models import Account
from idp.audit import exporting, head, sealing, verifying
from idp.audit.exporting import SUFFIX, BadExport
from idp.audit.head import Head
from idp.audit.questions import Filter
from idp.audit.signing import AuditKey
from idp.cli.context import application, together
from idp.cli.periods import Day
from idp.clock import PARIS
from idp.db import db
from idp.settings import Settings


@click.group()
def command() -> None:
    """The audit log: look, verify, export."""


_filters = together(
    click.option("--by", help="Who did it."),
    click.option("--act", help="The event, or its beginning: `login`, `client.updated`."),
    click.option("--account", help="The account that it is about: its identifiant or its id."),
    click.option("--client", "client_id", help="The client application that it is about."),
    click.option("--school", "uai", help="The school that it is about (UAI)."),
    click.option("--since", type=Day(), help="From this day on."),
    click.option("--until", type=Day(), help="Before this day."),
)


def _wanted(account: str | None, facts: dict[str, Any]) -> Filter:
    known = db.session.scalar(select(Account.id).where(Account.identifiant == account)) if account else None
    return Filter(account_id=known or account, **facts)


@command.command("list")
@_filters
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Lines shown.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def show(settings: Settings, /, account: str | None, limit: int, as_json: bool, **facts: Any) -> None:
    """Show the newest lines that fit, the newest first."""
    with application(settings):
        entries = audit.find(_wanted(account, facts), limit=limit)
    if as_json:
        for entry in entries:
            click.echo(orjson.dumps(exporting.as_json(entry)))
        return
    table = Table("n°", "when", "act", "by", "account", "client", "school", "facts")
    for entry in entries:
        when = f"{entry.at.astimezone(PARIS):%d/%m/%Y %H:%M:%S}"
        seen = (entry.actor, entry.account_id, entry.client_id, entry.uai)
        ids = ", ".join(f"{name}={value}" for name, value in entry.ids.items())
        table.add_row(str(entry.seq or ""), when, entry.event, *(text or "" for text in seen), ids)
    Console(width=None if Console().is_terminal else 200).print(table)


@command.command()
@click.option("--head", "noted", help="A head that was noted earlier, SEQ.DIGEST: the chain must still have it.")
@click.option("--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="An export.")
@click.option("--signature", type=click.File(), help="Its signature (else FILE.jws).")
@click.option("--key", "jwk", type=click.File(), help="The public key that signed it (else this provider's).")
@click.pass_obj
def verify(settings: Settings, noted: str | None, file: Path | None, signature: Any, jwk: Any) -> None:
    """Read the whole chain again, or an export; exit 1 and tell the first bad place."""
    if file is not None:
        _verify_file(settings, file, signature, jwk)
        return
    with application(settings):
        try:
            noted_heads = (Head.parse(noted),) if noted else ()
            found = verifying.verify(Path(settings.keys.directory), noted_heads)
        except ValueError:
            raise click.UsageError("--head: SEQ.DIGEST, as `idp audit verify` showed it") from None
        except verifying.Broken as broken:
            raise click.ClickException(str(broken)) from None
        waiting, oldest = sealing.unsealed()
    click.echo(f"{found.lines} lines from {found.first_seq} to {found.head.seq} are as they were sealed")
    click.echo(f"head: {found.head}")
    if oldest is not None:
        click.echo(f"{waiting} wait to be sealed, the oldest since {oldest.astimezone(PARIS):%d/%m/%Y %H:%M:%S}")


def _verify_file(settings: Settings, file: Path, signature: Any, jwk: Any) -> None:
    beside = file.with_name(file.name + SUFFIX)
    if signature is None and not beside.exists():
        raise click.ClickException(f"{beside} does not exist: name the signature with --signature")
    try:
        key = AuditKey.from_jwk(json.load(jwk)) if jwk else AuditKey.load(Path(settings.keys.directory))
        found = exporting.check(file, signature.read() if signature else beside.read_text(), key)
    except (BadExport, ValueError, KeyError) as refusal:
        raise click.ClickException(f"{file}: {refusal}") from None
    chained = "the whole chain" if found.chained else "a choice of lines, as exported"
    click.echo(f"{found.lines} lines: {chained}; the signature is good")


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_filters
@click.pass_obj
def export(settings: Settings, /, file: Path, account: str | None, **facts: Any) -> None:
    """Write the sealed lines that fit into FILE, and its signature into FILE.jws."""
    key = AuditKey.load(Path(settings.keys.directory))
    with application(settings), file.open("wb") as out:
        lines = -1
        for line in exporting.export(_wanted(account, facts), settings.server.issuer):
            out.write(line)
            lines += 1
    signature = file.with_name(file.name + SUFFIX)
    signature.write_text(key.sign_detached(exporting.pieces(file)) + "\n")
    click.echo(f"{lines} lines in {file}, signed in {signature}")


@command.command()
@click.pass_obj
def key(settings: Settings) -> None:
    """Show the public key that verifies exports, as a JWK, for whoever gets one."""
    click.echo(json.dumps(AuditKey.load(Path(settings.keys.directory)).jwk))


@command.command("accept-head")
@click.option("--reason", required=True, help="Why the log is shorter than it was, such as a restored backup.")
@click.pass_obj
def accept_head(settings: Settings, reason: str) -> None:
    """Go on from the database as it is, after a restored backup; the log itself tells that it was done, and why."""
    directory = Path(settings.keys.directory)
    with application(settings):
        try:
            kept = head.read(directory, AuditKey.load(directory))
        except head.Forged:
            kept = None
        found = sealing.last_sealed()
        audit.record("audit.head_accepted", kept=str(kept), found=str(found), reason=reason, by="command line")
        db.session.commit()
        head.forget(directory)
    click.echo(f"the log goes on from line {found.seq}")
