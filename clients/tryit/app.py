"""The pages: choose, look at the request, look at the answers, refresh."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from clients.config import Config, is_secure, load
from clients.login import Login, check_form_is_ours, current_session
from clients.serve import CONFIG_VARIABLE
from clients.tryit.trial import ID_TOKEN_CLAIMS, PROMPTS, RESULT, Trial, asked_by_form
from clients.web import create_app


def from_environment() -> Flask:
    """The program for the server: the file's path is in CLIENT_CONFIG."""
    return create_tryit(load_tryit(Path(os.environ[CONFIG_VARIABLE])))


def load_tryit(path: Path) -> Config:
    return load(path, Config)


def create_tryit(config: Config) -> Flask:
    app = create_app("tryit", config, Trial)
    login: Login = app.extensions["login"]
    provider = login.provider
    assert isinstance(provider, Trial)
    app.add_template_filter(readable)
    app.add_template_filter(parameters)

    @app.get("/")
    def choose() -> str:
        facts = provider.metadata()
        return render_template("choose.html", prompts=PROMPTS, claims=ID_TOKEN_CLAIMS, **offered(facts))

    @app.get("/demande")
    def show_request() -> Response:
        """The request before it leaves: a page with a link, since the CSP's form-action would stop a redirect."""
        asked = asked_by_form(request.args, request.args.getlist("scope"), request.args.getlist("claim"))
        return login.start(f"{RESULT}?{urlencode(asked)}", leave=request_page)

    @app.get(RESULT)
    def result() -> str | Response:
        session = current_session()
        if session is None:
            return redirect("/", 303)
        return render_template("result.html", issuer=config.provider.issuer, **session.claims["steps"])

    @app.post("/rafraichir")
    def refresh() -> Response:
        session, cookie = current_session(), request.cookies.get(login.session_cookie)
        if session is None or cookie is None:
            return redirect("/", 303)
        check_form_is_ours(session)
        login.store.renew(cookie, *provider.refresh(session.claims))
        return redirect(f"{RESULT}#jetons", 303)

    return app


def request_page(address: str) -> Response:
    return make_response(render_template("request.html", address=address))


def offered(facts: dict[str, Any]) -> dict[str, Any]:
    """What discovery lets a developer choose from."""
    page = facts.get("service_documentation")
    return {
        "issuer": facts["issuer"],
        "scopes": [scope for scope in texts(facts.get("scopes_supported")) if scope != "openid"],
        "levels": texts(facts.get("acr_values_supported")),
        "documented_at": page if isinstance(page, str) and is_secure(page) else "",
    }


def texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def readable(document: Any) -> str:
    """JSON, one member a line."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def parameters(address: str) -> list[tuple[str, str]]:
    """Each parameter of an address, decoded."""
    return parse_qsl(urlsplit(address).query)
