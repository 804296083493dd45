"""The provider's list of services (`services_endpoint` of its discovery), and which child each is for.

It is read strictly: a service that is not understood, or leads to no safe address, is left out.
"""

import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from clients import clock
from clients.children import Child, School, text
from clients.config import is_secure
from clients.errors import ProviderUnavailable
from clients.relying_party import RelyingParty, get_json

FRESH_SECONDS = 60
AGAIN_SECONDS = 10
"""After a list that could not be had, nobody waits for it this long."""


@dataclass(frozen=True)
class Service:
    """A tile. `initiate_login_uri` starts its login (OIDC Core §4); without one, `link` is simply opened."""

    title: str
    description: str
    picture_uri: str
    initiate_login_uri: str
    target_link_uri: str
    names_child: bool
    link: str
    degrees: tuple[str, ...]
    uai_prefixes: tuple[str, ...]
    uais: tuple[str, ...]

    def is_for(self, school: School) -> bool:
        """Whether the school has it: what is empty asks nothing."""
        return (
            (not self.degrees or school.degree in self.degrees)
            and (not self.uai_prefixes or school.uai.startswith(self.uai_prefixes))
            and (not self.uais or school.uai in self.uais)
        )

    def address(self, issuer: str, child: Child) -> str:
        """Its login, with our issuer and where to land; who the parent is, it asks the provider."""
        if not self.initiate_login_uri:
            return self.link
        query = {"iss": issuer}
        if self.target_link_uri:
            named = {"eleve": child.hint} if self.names_child else {}
            query["target_link_uri"] = with_query(self.target_link_uri, named)
        return with_query(self.initiate_login_uri, query)


class ServiceList:
    """Kept for a minute; the last one is shown for as long as no newer one can be had."""

    def __init__(self, provider: RelyingParty) -> None:
        self._provider = provider
        self._lock = threading.Lock()
        self._known: list[Service] | None = None
        self._next_at = 0

    def get(self) -> list[Service]:
        """The services, in the provider's order. Raises ProviderUnavailable when there never was a list."""
        with self._lock:
            if clock.now() >= self._next_at:
                try:
                    self._known, wait = self._fetch(), FRESH_SECONDS
                except ProviderUnavailable:
                    wait = AGAIN_SECONDS
                self._next_at = clock.now() + wait
            if self._known is None:
                raise ProviderUnavailable("services: no list")
            return self._known

    def _fetch(self) -> list[Service]:
        address = self._provider.metadata().get("services_endpoint")
        if not isinstance(address, str) or not is_secure(address):
            raise ProviderUnavailable("discovery: services_endpoint is missing or not https")
        entries = get_json(address).get("services")
        if not isinstance(entries, list):
            raise ProviderUnavailable("services: not a list")
        return [service for entry in entries if (service := read_service(entry, self._provider.config.issuer))]


def read_service(entry: Any, issuer: str) -> Service | None:
    """One entry of the list; None when it is not understood."""
    if not isinstance(entry, dict):
        return None
    schools, picture = entry.get("schools", {}), text(entry, "picture_uri")
    try:
        service = Service(
            title=text(entry, "title"),
            description=text(entry, "description"),
            picture_uri=picture if origin(picture) == origin(issuer) else "",
            initiate_login_uri=text(entry, "initiate_login_uri"),
            target_link_uri=text(entry, "target_link_uri"),
            names_child=entry.get("names_child") is True,
            link=text(entry, "link"),
            degrees=texts(schools, "degrees"),
            uai_prefixes=texts(schools, "uai_prefixes"),
            uais=texts(schools, "uais"),
        )
        leads_somewhere = is_secure(service.initiate_login_uri or service.link)
    except ValueError:
        return None
    return service if service.title and leads_somewhere else None


def texts(schools: Any, name: str) -> tuple[str, ...]:
    """What is asked of a school. Raises ValueError for another form: nobody is shown what may not be theirs."""
    value = schools.get(name, []) if isinstance(schools, dict) else None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(name)
    return tuple(value)


def origin(address: str) -> str:
    """Scheme and authority. Raises ValueError for what is no address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def with_query(address: str, query: dict[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}" if query else address
