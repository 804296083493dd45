"""A sealed audit log, and somebody with the whole database in hand."""

import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from idp import audit
from idp.audit import sealing
from idp.audit.head import Head
from idp.audit.sealing import Sealer
from idp.audit.verifying import Broken, verify
from idp.cli.audit import command
from idp.db import db
from idp.settings import Settings


class Log:
    """The log as its keeper uses it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = Path(settings.keys.directory)

    def tells(self, *events: str, **facts: str) -> None:
        for event in events:
            audit.record(event, **facts)  # type: ignore[arg-type]
            db.session.commit()

    def seal(self) -> int:
        return Sealer(self.settings.keys.directory, threading.Event()).seal_all()

    def idp_audit(self, *arguments: str) -> Result:
        return CliRunner().invoke(command, arguments, obj=self.settings)

    def verify(self, *noted: Head) -> str:
        """What `idp audit verify` says, without a command's start."""
        try:
            found = verify(self.folder, noted)
            return f"verified {found.first_seq} to {found.head.seq}, {sealing.unsealed()[0]} wait"
        except Broken as broken:
            return str(broken)
        finally:
            db.session.rollback()


@pytest.fixture
def log(database: Flask, settings: Settings) -> Log:
    """Five acts, sealed in two batches."""
    log = Log(settings)
    log.tells("login.failed", "login.succeeded", "account.email_changed", account_id="a" * 32)
    log.seal()
    log.tells("client.updated", "client.disabled", client_id="portail", by="administrateur")
    log.seal()
    return log


class Intruder:
    """Has every right in the database, so no trigger holds, but not the key files."""

    def __init__(self) -> None:
        sqlite = db.engine.dialect.name == "sqlite"
        triggers = ("no_update", "no_delete") if sqlite else ("append_only",)
        for name in triggers:
            self.runs(f"DROP TRIGGER audit_entries_{name}" + ("" if sqlite else " ON audit_entries"))

    def runs(self, *statements: str) -> None:
        for statement in statements:
            db.session.execute(text(statement))
        db.session.commit()


@pytest.fixture
def intruder(log: Log) -> Intruder:
    return Intruder()
