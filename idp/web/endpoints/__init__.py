"""OpenID endpoints, one module each."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from idp.web.dispatch import Endpoint


def register(app: Flask) -> None:
    """Add the endpoints to the application."""


def hot_table(services: Any) -> Mapping[tuple[str, str], Endpoint]:
    """The endpoints that are answered in front of Flask."""
    return {}
