"""The portal's one page: who is here, their children, the services open to each child."""

import datetime as dt
import logging
import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, make_response, render_template
from werkzeug.wrappers import Response

from clients.children import Child, School, children_of
from clients.config import check_address, load
from clients.errors import ProviderUnavailable
from clients.login import Login, current_session
from clients.portal.config import PortalConfig
from clients.portal.services import Service, ServiceList, origin
from clients.serve import CONFIG_VARIABLE
from clients.web import PAGE_POLICY, create_app

PARIS = ZoneInfo("Europe/Paris")
CIVILITIES = {"female": "Mme", "male": "M."}
Tile = tuple[Service, str]
log = logging.getLogger("clients")


def from_environment() -> Flask:
    """The program for the server: the file's path is in CLIENT_CONFIG."""
    return create_portal(load_portal(Path(os.environ[CONFIG_VARIABLE])))


def load_portal(path: Path) -> PortalConfig:
    """The configuration, with every address that a page will link to checked."""
    config = load(path, PortalConfig)
    if config.account_url:
        check_address(path, "account_url", config.account_url)
    return config


def create_portal(config: PortalConfig) -> Flask:
    app = create_app("portal", config)
    app.context_processor(lambda: {"account_url": config.account_url})
    login: Login = app.extensions["login"]
    services = ServiceList(login.provider)
    policy = PAGE_POLICY.replace("img-src 'self'", f"img-src 'self' {origin(config.provider.issuer)}")

    @app.get("/")
    def home() -> Response:
        session = current_session()
        if session is None:
            return login.start("/")
        children = children_of(session.claims)
        page = make_response(
            render_template(
                "home.html",
                person=person_name(session.claims),
                previous_login=paris_time(session.claims.get("previous_login_at")),
                schools=distinct_schools(children),
                cards=cards(services, children, config.provider.issuer),
            )
        )
        page.headers["Content-Security-Policy"] = policy
        return page

    return app


def person_name(claims: dict[str, Any]) -> str:
    """«Mme DURANT Valéry»: civility, surname, first name, as far as they are known."""
    civility = claims.get("civility") or CIVILITIES.get(str(claims.get("gender")), "")
    parts = (civility, claims.get("family_name"), claims.get("given_name"))
    return " ".join(str(part) for part in parts if part) or str(claims.get("name") or "")


def paris_time(seconds: Any) -> str:
    """«30/11/2017 à 12:38:08», the guide's form; empty at the first login."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return ""
    try:
        return dt.datetime.fromtimestamp(seconds, PARIS).strftime("%d/%m/%Y à %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return ""


def distinct_schools(children: list[Child]) -> list[School]:
    return list({child.school.uai: child.school for child in children}.values())


def cards(services: ServiceList, children: list[Child], issuer: str) -> list[tuple[Child, list[Tile] | None]]:
    """Each child with its services and where each tile leads; None when no list could be had."""
    try:
        known = services.get()
    except ProviderUnavailable as error:
        log.warning("services: %s", error.reason)
        return [(child, None) for child in children]
    return [
        (child, [(one, one.address(issuer, child)) for one in known if one.is_for(child.school)]) for child in children
    ]
