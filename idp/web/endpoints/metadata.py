"""Discovery and JWKS: bytes made once for each set of keys (PERFORMANCE rule 10)."""

from collections.abc import Mapping

import orjson

from idp import clock
from idp.oidc import discovery
from idp.oidc.jwt import SIGNING_ALGORITHMS
from idp.provider.core import ACR_VALUES, Provider
from idp.web.dispatch import Endpoint
from idp.web.http import HttpAnswer, HttpRequest

HEADERS = (("Cache-Control", "public, max-age=300"), ("Access-Control-Allow-Origin", "*"))
"""Public metadata, so any page may read it."""


def endpoints(provider: Provider) -> Mapping[tuple[str, str], Endpoint]:
    """`/.well-known/openid-configuration` and `/jwks`."""
    document = discovery.document(
        provider.issuer,
        provider.settings.protocol,
        algorithms=SIGNING_ALGORITHMS,
        acr_values=ACR_VALUES,
        languages=provider.settings.site.languages,
    )
    configuration = HttpAnswer.json(document, headers=HEADERS)
    kept: dict[int, HttpAnswer] = {}

    def answer_configuration(http: HttpRequest) -> HttpAnswer:
        return configuration

    def answer_jwks(http: HttpRequest) -> HttpAnswer:
        keys = provider.keys.get()
        now = int(clock.now().timestamp())
        jwks = {"keys": keys.published(now)}
        marker = hash(orjson.dumps(jwks)) if any(until for _, until in keys.others) else id(keys)
        if marker not in kept:
            kept.clear()
            kept[marker] = HttpAnswer.json(jwks, headers=HEADERS)
        return kept[marker]

    return {
        ("GET", "/.well-known/openid-configuration"): answer_configuration,
        ("GET", "/jwks"): answer_jwks,
    }
