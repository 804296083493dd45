"""The audit log: filtered, page by page, and exported with its signature."""

import datetime as dt
import tempfile
import zipfile
from pathlib import Path
from typing import IO

import orjson
from flask import Response, request, send_file
from flask_babel import gettext as _
from sqlalchemy import select

from idp import audit, clock
from idp.accounts.identifiant import normalise
from idp.accounts.models import Account
from idp.audit import Filter, exporting, sealing
from idp.audit.signing import AuditKey
from idp.clock import PARIS
from idp.db import db
from idp.staff.borders import administered
from idp.staff.models import StaffAccount
from idp.web import security
from idp.web.consoles import navigation
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, staff

navigation.add("administrator", "journal", lambda: _("Journal d’audit"), "list")

PAGE = 50
FIELDS = ("qui", "acte", "compte", "application", "ecole", "du", "au")
LONGEST = 100
LONGEST_EXPORT = dt.timedelta(days=92)
"""An export of the console; `idp audit export` knows no such limit."""


@pages.get("/journal")
@opened_to("administrator", border=administered)
def journal() -> Answer:
    """The newest lines that fit; looking is written down too."""
    typed = {name: request.args.get(name, "")[:LONGEST].strip() for name in FIELDS}
    entries = audit.find(_wanted(typed), limit=PAGE, before=request.args.get("avant", "")[:32])
    audit.record("audit.read", by=staff().by, lines=len(entries))
    waiting, oldest = sealing.unsealed()
    db.session.commit()
    return show(
        "admin/journal",
        entries=entries,
        typed=typed,
        more=entries[-1].id if len(entries) == PAGE else "",
        who=_names([entry.actor for entry in entries if entry.actor]),
        reached=sealing.last_sealed(),
        waiting=waiting,
        late=oldest is not None and oldest < clock.now() - dt.timedelta(minutes=5),
        today=clock.now().astimezone(PARIS).date(),
    )


@pages.post("/journal/export")
@opened_to("administrator", border=administered, confirmed=True)
def journal_export() -> Answer:
    """A ZIP with the lines, their detached signature and the public key that verifies it."""
    typed = {name: request.form.get(name, "")[:LONGEST].strip() for name in FIELDS}
    settings = security.settings()
    wanted = _bounded(_wanted(typed))
    audit.record("audit.exported", by=staff().by)
    db.session.commit()
    file = tempfile.TemporaryFile()  # noqa: SIM115  # send_file closes it
    _write(file, wanted, AuditKey.load(Path(settings.keys.directory)), settings.server.issuer)
    file.seek(0)
    answer: Response = send_file(file, "application/zip", as_attachment=True, download_name="journal.zip")
    return answer


def _write(out: IO[bytes], wanted: Filter, key: AuditKey, issuer: str) -> None:
    """The lines pass through a file of no name: memory stays flat."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        lines = Path(folder) / "journal.jsonl"
        with lines.open("wb") as written:
            written.writelines(exporting.export(wanted, issuer))
        archive.write(lines, lines.name)
        archive.writestr(lines.name + exporting.SUFFIX, key.sign_detached(exporting.pieces(lines)) + "\n")
        archive.writestr("cle.json", orjson.dumps(key.jwk))


def _wanted(typed: dict[str, str]) -> Filter:
    return Filter(
        by=_actor(typed["qui"]) if typed["qui"] else None,
        act=typed["acte"] or None,
        account_id=_account(typed["compte"]) if typed["compte"] else None,
        client_id=typed["application"] or None,
        uai=typed["ecole"].upper() or None,
        since=_day(typed["du"]),
        until=_day(typed["au"], days=1),
    )


def _bounded(wanted: Filter) -> Filter:
    """With a beginning: an export without one would hold years."""
    until = wanted.until or clock.now() + dt.timedelta(seconds=1)
    since = max(wanted.since or until - LONGEST_EXPORT, until - LONGEST_EXPORT)
    told = {name: getattr(wanted, name) for name in Filter.__slots__}
    return Filter(**{**told, "since": since, "until": until})


def _actor(typed: str) -> str:
    """A colleague's login stands for the name that the log has."""
    found = db.session.scalar(select(StaffAccount).where(StaffAccount.login == typed.lower()))
    return found.by if found is not None else typed


def _account(typed: str) -> str:
    found = db.session.scalar(select(Account.id).where(Account.identifiant == normalise(typed)))
    return found or typed


def _day(typed: str, *, days: int = 0) -> dt.datetime | None:
    try:
        day = dt.date.fromisoformat(typed) + dt.timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return dt.datetime.combine(day, dt.time(), PARIS).astimezone(dt.UTC)


def _names(actors: list[str]) -> dict[str, str]:
    """Logins of the colleagues that these lines name."""
    ids = {actor.removeprefix("staff:") for actor in actors if actor.startswith("staff:")}
    rows = db.session.scalars(select(StaffAccount).where(StaffAccount.id.in_(ids)))
    return {account.by: account.login for account in rows}
