"""The portal's TOML file."""

from clients.config import Config


class PortalConfig(Config, frozen=True, kw_only=True):
    """The whole file."""

    account_url: str = ""
    """Address of «Gérer mon compte»; empty hides the link."""
