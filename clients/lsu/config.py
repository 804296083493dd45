"""The viewer's TOML file."""

from clients.config import Config


class LsuConfig(Config, frozen=True, kw_only=True):
    """The whole file."""

    portal_url: str = ""
    """Address of «Retour au portail»; empty hides the link."""
