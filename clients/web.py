"""A relying party's Flask program: headers, error pages, and the login put in place."""

import logging
from pathlib import Path

from flask import Flask, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from clients.config import Config
from clients.errors import LoginRefused
from clients.login import Login, current_session, hostname, pages
from clients.relying_party import RelyingParty
from clients.sessions import SessionStore

HERE = Path(__file__).parent
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
log = logging.getLogger("clients")


def create_app(name: str, config: Config, kind: type[RelyingParty] = RelyingParty) -> Flask:
    """The program `name` («portal», «lsu»…), with its login and without pages of its own yet."""
    app = Flask(f"clients.{name}", static_folder=str(HERE / "static"), root_path=str(HERE / name))
    app.jinja_loader = ChoiceLoader([FileSystemLoader(HERE / name / "templates"), FileSystemLoader(HERE / "templates")])
    app.config.update(
        MAX_CONTENT_LENGTH=64 * 1024, TRUSTED_HOSTS=[hostname(config.base_url)], SEND_FILE_MAX_AGE_DEFAULT=3600
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    store = SessionStore(config.database, config.session_minutes * 60)
    provider = kind(config.provider, f"{config.base_url}/callback")
    app.extensions["login"] = Login(name, config.base_url, store, provider)
    app.register_blueprint(pages)
    app.after_request(add_headers)
    app.register_error_handler(LoginRefused, login_refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, crash)
    app.context_processor(lambda: {"session": current_session(), "contact": config.contact})
    return app


def add_headers(response: Response) -> Response:
    """Nothing is kept, framed or guessed. A view may set its own policy before."""
    for name, value in HEADERS.items():
        if name == "Cache-Control" and request.endpoint != "static":
            response.headers[name] = value
        response.headers.setdefault(name, value)
    return response


def login_refused(error: LoginRefused) -> tuple[str, int]:
    """One line in the log, a page that tells a parent no reason."""
    log.warning("%s: %s", error.code, error.reason)
    return render_template("refused.html", code=error.code, reason=error.reason), error.status


def http_error(error: HTTPException) -> tuple[str, int]:
    """An HTTP error as a page: unknown address, wrong method, too large a body."""
    status = error.code or 500
    return render_template("error.html", status=status, session=None), status


def crash(error: Exception) -> tuple[str, int]:
    """Anything unforeseen: the log gets the trace, the parent a page."""
    log.exception("unforeseen", exc_info=error)
    return render_template("error.html", status=500, session=None), 500
