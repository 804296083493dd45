"""The list of services as portals get it: public, the same for everybody, without personal data (docs/services.md)."""

from collections.abc import Collection
from typing import Any

from idp.registry.academies import ACADEMIES
from idp.services import pictures
from idp.services.models import Service
from idp.services.service import list_services

TEXTS = {"title": "title", "title#en": "title_en", "description": "description", "description#en": "description_en"}


def document(issuer: str) -> dict[str, Any]:
    """Every service that is on and can be opened, in the order of the tiles."""
    shown = [service for service in list_services() if service.state == "on"]
    logos = pictures.with_logo([service.client_id for service in shown if service.client_id])
    return {"services": [entry(service, issuer, logos) for service in shown]}


def entry(service: Service, issuer: str, logos: Collection[str]) -> dict[str, Any]:
    """One service; what it does not have is left out."""
    login = {
        "client_id": service.client_id,
        "initiate_login_uri": service.opens,
        "target_link_uri": service.target_link_uri,
        "names_child": service.names_child,
    }
    told = {
        "id": service.service_id,
        **{member: getattr(service, column) for member, column in TEXTS.items()},
        "picture_uri": issuer + pictures.address(service.picture, service.client_id, logos),
        **(login if service.client_id else {"link": service.link}),
        "schools": _schools(service),
    }
    return {name: value for name, value in told.items() if value}


def _schools(service: Service) -> dict[str, Any]:
    """What each asks of a school: its degree, the beginning of its UAI (its département), its UAI."""
    prefixes = [prefix for name in service.academies for prefix in ACADEMIES[name]]
    told = {"degrees": [str(degree) for degree in service.degrees], "uai_prefixes": prefixes, "uais": service.uais}
    return {name: value for name, value in told.items() if value}
