"""The one place where all is put together."""

from dataclasses import dataclass

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from idp.db.hot import HotPath, open_hot_path
from idp.franceconnect.logins import UpstreamLogins
from idp.provider.core import Provider
from idp.records import attach, carried_folder
from idp.settings import Settings
from idp.web import api, consoles, endpoints, pages
from idp.web.again import Again
from idp.web.dispatch import Dispatch
from idp.web.front import Front

MAXIMUM_FORM = 256 * 1024


@dataclass(frozen=True, slots=True)
class Services:
    """What lives as long as the application; `app.extensions["idp"]`."""

    settings: Settings
    hot: HotPath
    provider: Provider
    upstreams: UpstreamLogins


def create_app(settings: Settings) -> Flask:
    """The provider's application. Raises ConfigurationError when keys or database cannot be used."""
    app = Flask("idp", template_folder=carried_folder("templates"), static_folder=carried_folder("static"))
    app.config.update(MAX_CONTENT_LENGTH=MAXIMUM_FORM, MAX_FORM_PARTS=500)
    attach(app, settings)
    hot = open_hot_path(settings.database)
    protocol = Provider(settings, hot)
    services = Services(settings, hot, protocol, UpstreamLogins(settings, protocol.assert_ourselves))
    app.extensions["idp"] = services
    table = endpoints.hot_table(services)
    endpoints.register(app, table)
    in_front = {**table, **pages.register(app)}
    api.register(app)
    consoles.register(app)
    app.wsgi_app = Front(Dispatch(in_front, Again(app.wsgi_app, MAXIMUM_FORM)), settings.server)  # type: ignore[method-assign]
    if settings.server.trusted_proxies:
        hops = settings.server.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
