"""The OpenID protocol joined to our records."""

from typing import Any

from idp.db.hot import HotPath
from idp.settings import Settings


def build(settings: Settings, hot: HotPath) -> Any:
    """The provider over this database."""
    return None
