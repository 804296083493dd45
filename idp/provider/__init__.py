"""The OpenID protocol joined to our records."""

from idp.db.hot import HotPath
from idp.provider.core import Provider
from idp.settings import Settings


def build(settings: Settings, hot: HotPath) -> Provider:
    """The provider over this database. Raises ConfigurationError when key files exist and cannot be used."""
    return Provider(settings, hot)
