"""The provider alone, answering on localhost, with a family whose mother has two accounts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.app import create_app
from idp.cli.migrate import upgrade
from idp.db import db
from idp.provider import keys
from idp.registry.models import School
from idp.settings import build
from tests.journeys.conftest import BIRTH_DATES, PASSWORD, add_child, add_responsable
from tests.journeys.merger import add_account


@dataclass(frozen=True)
class Site:
    """A running provider; its issuer has a name, as passkeys need it."""

    app: Flask
    url: str


@contextmanager
def serve(folder: Path, port: int) -> Iterator[Site]:
    url = f"http://localhost:{port}"
    settings = build(
        {
            "server": {"demo": True, "issuer": url},
            "database": {"url": f"sqlite:///{folder}/idp.db", "synchronous": "NORMAL"},
            "keys": {"directory": str(folder / "keys")},
            "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1},
        }
    )
    keys.generate(folder / "keys")
    app = create_app(settings)
    upgrade(app)
    _add_family(app)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(app, url)
    finally:
        server.shutdown()
        thread.join()
        app.extensions["idp"].hot.close()


def _add_family(app: Flask) -> None:
    """v.durant1 with Alexis and Camille, v.durant2 with Zoé."""
    with app.app_context():
        db.session.add(School(uai="0590001A", name="École primaire publique Roger Salengro"))
        db.session.flush()
        mother = add_responsable()
        for first_name, birth_on in BIRTH_DATES.items():
            add_child(mother, first_name, birth_on)
        accounts.create([mother], password_hash=passwords.hash(PASSWORD, app.config["IDP"].passwords))
        db.session.commit()
    add_account(app)
