"""The portal's one page: who is here, their children, the services open to each child."""

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, render_template
from werkzeug.wrappers import Response

from clients.children import Child, School, children_of
from clients.config import check_address, load
from clients.login import Login, current_session
from clients.portal.config import PortalConfig, Service
from clients.serve import CONFIG_VARIABLE
from clients.web import create_app

PARIS = ZoneInfo("Europe/Paris")
CIVILITIES = {"female": "Mme", "male": "M."}


@dataclass(frozen=True)
class Tile:
    """A service as one child's card shows it."""

    name: str
    icon: str
    address: str


def from_environment() -> Flask:
    """The program for the server: the file's path is in CLIENT_CONFIG."""
    return create_portal(load_portal(Path(os.environ[CONFIG_VARIABLE])))


def load_portal(path: Path) -> PortalConfig:
    """The configuration, with every address that a page will link to checked."""
    config = load(path, PortalConfig)
    if config.account_url:
        check_address(path, "account_url", config.account_url)
    for service in config.services:
        check_address(path, f"services «{service.name}».initiate_login_uri", service.initiate_login_uri)
    return config


def create_portal(config: PortalConfig) -> Flask:
    app = create_app("portal", config)
    app.context_processor(lambda: {"account_url": config.account_url})
    login: Login = app.extensions["login"]

    @app.get("/")
    def home() -> str | Response:
        session = current_session()
        if session is None:
            return login.start("/")
        children = children_of(session.claims)
        return render_template(
            "home.html",
            person=person_name(session.claims),
            previous_login=paris_time(session.claims.get("previous_login_at")),
            schools=distinct_schools(children),
            cards=[(child, tiles(config, child)) for child in children],
        )

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


def tiles(config: PortalConfig, child: Child) -> list[Tile]:
    """The services open to this child, in the file's order."""
    return [
        Tile(service.name, service.icon, tile_address(config.provider.issuer, service, child))
        for service in config.services
        if child.school.degree in service.degrees and (not service.schools or child.school.uai in service.schools)
    ]


def tile_address(issuer: str, service: Service, child: Child) -> str:
    """The service's login, with our issuer and where to land (OIDC Core §4)."""
    query = {"iss": issuer}
    if service.target_link_uri:
        query["target_link_uri"] = service.target_link_uri
        if service.names_child:
            query["target_link_uri"] = with_query(service.target_link_uri, {"eleve": child.hint})
    return with_query(service.initiate_login_uri, query)


def with_query(address: str, query: dict[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"
