"""The portal's TOML file."""

from typing import Annotated, Literal

from msgspec import Meta

from clients.config import Config, Section

Icon = Literal["book", "pencil", "fork", "calendar", "folder"]


class Service(Section, frozen=True, kw_only=True):
    """A tile: an online service, offered by degree and school."""

    name: Annotated[str, Meta(min_length=1)]
    initiate_login_uri: str
    """Where the service starts a login asked by a third party (OIDC Core §4)."""
    target_link_uri: str = ""
    """The service's page to land on; empty leaves the choice to the service."""
    names_child: bool = False
    """Adds `eleve=…` to the target, so that the service opens on the child whose tile was used."""
    degrees: tuple[Literal["1", "2"], ...] = ("1", "2")
    schools: tuple[str, ...] = ()
    """UAI numbers; empty means every school of these degrees."""
    icon: Icon = "folder"


class PortalConfig(Config, frozen=True, kw_only=True):
    """The whole file."""

    account_url: str = ""
    """Address of «Gérer mon compte»; empty hides the link."""
    services: tuple[Service, ...] = ()
