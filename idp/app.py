"""The one place where all is put together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from idp import limits, provider
from idp.accounts import links as _links
from idp.accounts import merges as _merges
from idp.accounts import models as _accounts
from idp.accounts import passkeys as _passkeys
from idp.accounts.letters import models as _letters
from idp.audit import models as _audit
from idp.db import db, engine, sealing
from idp.db.hot import HotPath, open_hot_path
from idp.delivery import messages
from idp.delivery import models as _delivery
from idp.flows import models as _flows
from idp.franceconnect import models as _franceconnect
from idp.franceconnect.logins import UpstreamLogins
from idp.grants import models as _grants
from idp.registry import models as _registry
from idp.relying_parties import models as _relying_parties
from idp.settings import Settings
from idp.staff import models as _staff
from idp.web import consoles, endpoints, pages
from idp.web.dispatch import Dispatch
from idp.web.front import Front

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
    _staff,
)
"""Imported so that the metadata knows every table."""

PACKAGE = Path(__file__).resolve().parent
MAXIMUM_FORM = 256 * 1024


def _folder(name: str) -> str:
    """The folder of templates or static files: carried into the wheel, or beside the package in a checkout."""
    inside = PACKAGE / name
    return str(inside if inside.is_dir() else PACKAGE.parent / name)


def template_folders(settings: Settings) -> list[str]:
    """Where templates are looked for: the deployer's theme first."""
    own = [str(Path(settings.site.theme) / "templates")] if settings.site.theme else []
    return [*own, _folder("templates")]


@dataclass(frozen=True, slots=True)
class Services:
    """What lives as long as the application; `app.extensions["idp"]`."""

    settings: Settings
    hot: HotPath
    provider: Any
    upstreams: UpstreamLogins


def create_app(settings: Settings) -> Flask:
    """The provider's application. Raises ConfigurationError when keys or database cannot be used."""
    app = Flask("idp", template_folder=_folder("templates"), static_folder=_folder("static"))
    options = engine.options(settings.database)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=options.pop("url"),
        SQLALCHEMY_ENGINE_OPTIONS=options,
        MAX_CONTENT_LENGTH=MAXIMUM_FORM,
        MAX_FORM_PARTS=500,
        IDP=settings,
    )
    db.init_app(app)
    with app.app_context():
        engine.prepare(db.engine, settings.database)
        sealing.attach(db.engine.dialect, settings.keys.directory)
    messages.use(settings, template_folders(settings))
    hot = open_hot_path(settings.database)
    protocol = provider.build(settings, hot)
    services = Services(settings, hot, protocol, UpstreamLogins(settings, protocol.assert_ourselves))
    app.extensions["idp"] = services
    table = endpoints.hot_table(services)
    endpoints.register(app, table)
    pages.register(app)
    consoles.register(app)
    app.wsgi_app = Front(Dispatch(table, app.wsgi_app), settings.server)  # type: ignore[method-assign]
    if settings.server.trusted_proxies:
        hops = settings.server.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
