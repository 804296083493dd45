"""Probes: `/healthz` says that the process answers, `/readyz` that it can work. One word each, no detail."""

from collections.abc import Mapping

import structlog

from idp.errors import ConfigurationError
from idp.provider.core import Provider
from idp.web.dispatch import Endpoint
from idp.web.http import NO_STORE, HttpAnswer, HttpRequest

log = structlog.get_logger(__name__)

SCHEMA_VERSION = "SELECT version_num FROM alembic_version"


def endpoints(provider: Provider) -> Mapping[tuple[str, str], Endpoint]:
    """Both probes."""

    def live(http: HttpRequest) -> HttpAnswer:
        return _word("ok", 200)

    def ready(http: HttpRequest) -> HttpAnswer:
        return _word("ok", 200) if _is_ready(provider) else _word("not ready", 503)

    return {("GET", "/healthz"): live, ("GET", "/readyz"): ready}


def _is_ready(provider: Provider) -> bool:
    """Whether the keys are there and the database has its tables."""
    try:
        provider.keys.get()
        return provider.hot.read(SCHEMA_VERSION, {}) is not None
    except ConfigurationError:
        return False
    except Exception as error:
        log.error("not_ready", alarm=True, exc_info=error)
        return False


def _word(word: str, status: int) -> HttpAnswer:
    return HttpAnswer(status, (("Content-Type", "text/plain"), *NO_STORE), f"{word}\n".encode())
