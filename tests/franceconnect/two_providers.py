"""Two instances of this very provider, as a deployer runs them: the second logs parents in by the first.

They have two host names, since cookies of one host are not kept apart by port.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree

import httpx
from flask import Flask
from sqlalchemy import select

from idp import settings as settings_of
from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.app import create_app
from idp.db import db
from idp.delivery.models import Message
from idp.registry.models import School
from idp.relying_parties import service as relying_parties
from tests.franceconnect.upstream import ROOT
from tests.journeys.conftest import BIRTH_DATES, PASSWORD, add_child, add_responsable
from tests.made_once import SqliteTemplate
from tests.ports import free_port

CLIENT_ID, SECRET = "parents", "s" * 43
BASE = """
[server]
demo = true
issuer = "{issuer}"
port = {port}
[database]
url = "{database}"
synchronous = "NORMAL"
[keys]
directory = "{keys}"
[passwords]
argon2_memory_kib = 8192
argon2_time = 1
"""
UPSTREAM = f"""
[upstream]
issuer = "{{upstream}}"
name = "Académie de Lille"
client_id = "{CLIENT_ID}"
client_secret = "{SECRET}"
alg = "ES256"
claim_usage_name = ""
"""


@dataclass
class Instance:
    """One provider: its settings file, its process, and an application on its database for what is behind the pages."""

    issuer: str
    file: Path
    app: Flask
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
        command = [sys.executable, "-m", "idp", "--config", str(self.file), "serve"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=inherited, stdout=subprocess.DEVNULL)

    def wait(self) -> None:
        end = time.monotonic() + 150
        while time.monotonic() < end and self.process and self.process.poll() is None:
            try:
                if httpx.get(f"{self.issuer}/readyz", timeout=2, trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"{self.issuer} did not open")

    def last_code(self) -> str:
        with self.app.app_context():
            sent = db.session.scalars(select(Message).where(Message.channel == "sms").order_by(Message.id.desc()))
            return str(sent.first().content["text"])[-6:]  # type: ignore[union-attr]


def _made(folder: Path, host: str, key_files: Path, template: SqliteTemplate, more: str = "") -> Instance:
    folder.mkdir()
    port = free_port()
    copytree(key_files, folder / "keys")
    issuer = f"http://{host}:{port}"
    file = folder / "idp.toml"
    file.write_text(BASE.format(issuer=issuer, port=port, database=template.copy(folder), keys=folder / "keys") + more)
    return Instance(issuer, file, create_app(settings_of.load(file, {})))


def _add_family(app: Flask, *, with_account: bool) -> None:
    with app.app_context():
        db.session.add(School(uai="0590001A", name="École primaire publique Roger Salengro"))
        db.session.flush()
        mother = add_responsable()
        for first_name, birth_on in BIRTH_DATES.items():
            add_child(mother, first_name, birth_on)
        if with_account:
            accounts.create([mother], password_hash=passwords.hash(PASSWORD, app.config["IDP"].passwords))
        db.session.commit()


@contextmanager
def opened(folder: Path, key_files: Path, template: SqliteTemplate) -> Iterator[tuple[Instance, Instance]]:
    """The upstream, where Valéry DURANT has v.durant1; and the instance that logs in by it, where she has none."""
    upstream = _made(folder / "upstream", "localhost", key_files, template)
    own = _made(folder / "own", "127.0.0.1", key_files, template, UPSTREAM.format(upstream=upstream.issuer))
    _add_family(upstream.app, with_account=True)
    _add_family(own.app, with_account=False)
    with upstream.app.app_context():
        metadata = {
            "redirect_uris": [f"{own.issuer}/franceconnect/retour"],
            "post_logout_redirect_uris": [f"{own.issuer}/franceconnect/deconnecte"],
            "id_token_signed_response_alg": "ES256",
        }
        scope = "openid profile email"
        relying_parties.register(
            CLIENT_ID, "Les parents", metadata, scope=scope, secret=SECRET, first_party=True, demo=True
        )
        db.session.commit()
    try:
        for instance in (upstream, own):
            instance.start()
        for instance in (upstream, own):
            instance.wait()
        yield upstream, own
    finally:
        for instance in (upstream, own):
            if instance.process:
                instance.process.terminate()
                instance.process.wait(30)
            instance.app.extensions["idp"].hot.close()
