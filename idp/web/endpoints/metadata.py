"""Discovery, JWKS, OpenAPI: bytes made once for each set of keys (PERFORMANCE rule 10)."""

from collections.abc import Mapping

from idp import clock
from idp.oidc import openapi
from idp.provider import server_metadata
from idp.provider.core import Provider
from idp.provider.keys import KeySet
from idp.web.dispatch import Endpoint
from idp.web.endpoints.cors import ANYBODY
from idp.web.http import HttpAnswer, HttpRequest

HEADERS = (("Cache-Control", "public, max-age=300"), *ANYBODY)


def endpoints(provider: Provider) -> Mapping[tuple[str, str], Endpoint]:
    """The two well-known addresses (OpenID Connect Discovery §4, RFC 8414 §3), `/jwks` and `/openapi.json`."""
    document = server_metadata.document(provider)
    configuration = HttpAnswer.json(document, headers=HEADERS)
    described = HttpAnswer.json(openapi.document(document, provider.settings.site.name), headers=HEADERS)
    kept: list[tuple[KeySet, int, HttpAnswer]] = []

    def answer_jwks(http: HttpRequest) -> HttpAnswer:
        keys = provider.keys.get()
        if kept:
            known, until, made = kept[0]
            if known is keys and (not until or clock.now().timestamp() < until):
                return made
        now = int(clock.now().timestamp())
        made = HttpAnswer.json({"keys": keys.published(now)}, headers=HEADERS)
        kept[:] = [(keys, keys.published_until(now), made)]
        return made

    return {
        ("GET", "/.well-known/openid-configuration"): lambda http: configuration,
        ("GET", "/.well-known/oauth-authorization-server"): lambda http: configuration,
        ("GET", "/jwks"): answer_jwks,
        ("GET", "/openapi.json"): lambda http: described,
    }
