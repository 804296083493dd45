"""The records without screens: what commands and the worker stand on, and what the application begins with."""

from pathlib import Path

from flask import Flask

from idp import limits, switches
from idp.accounts import links as _links
from idp.accounts import merges as _merges
from idp.accounts import models as _accounts
from idp.accounts import passkeys as _passkeys
from idp.accounts.letters import models as _letters
from idp.audit import models as _audit
from idp.db import db, engine, sealing
from idp.delivery import messages
from idp.delivery import models as _delivery
from idp.flows import models as _flows
from idp.franceconnect import models as _franceconnect
from idp.grants import models as _grants
from idp.registry import models as _registry
from idp.registry import waiting_files as _waiting_files
from idp.relying_parties import models as _relying_parties
from idp.services import models as _services
from idp.settings import Settings
from idp.staff import models as _staff

MODELS = (
    _audit,
    limits,
    _accounts,
    _letters,
    _links,
    _merges,
    _passkeys,
    _delivery,
    _flows,
    _franceconnect,
    _grants,
    _registry,
    _relying_parties,
    _services,
    _staff,
    _waiting_files,
    switches,
)
"""Imported so that the metadata knows every table."""

PACKAGE = Path(__file__).resolve().parent


def carried_folder(name: str) -> str:
    """The folder of templates or static files: carried into the wheel, or beside the package in a checkout."""
    inside = PACKAGE / name
    return str(inside if inside.is_dir() else PACKAGE.parent / name)


def open_records(settings: Settings) -> Flask:
    """An application that answers nothing: in its context `db.session` works, and messages are written."""
    app = Flask("idp")
    attach(app, settings)
    return app


def attach(app: Flask, settings: Settings) -> None:
    """Give the application its settings, its database and the templates of its messages."""
    options = engine.options(settings.database)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=options.pop("url"),
        SQLALCHEMY_ENGINE_OPTIONS=options,
        IDP=settings,
    )
    db.init_app(app)
    with app.app_context():
        engine.prepare(db.engine, settings.database)
        sealing.attach(db.engine.dialect, settings.keys.directory)
    messages.use(settings, _template_folders(settings))


def _template_folders(settings: Settings) -> list[str]:
    """Where templates are looked for: the deployer's theme first."""
    own = [str(Path(settings.site.theme) / "templates")] if settings.site.theme else []
    return [*own, carried_folder("templates")]
