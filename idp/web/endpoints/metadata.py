"""Discovery and JWKS: bytes made once for each set of keys (PERFORMANCE rule 10)."""

from collections.abc import Mapping

from idp import clock
from idp.oidc import discovery
from idp.oidc.jwt import SIGNING_ALGORITHMS
from idp.provider.core import ACR_VALUES, Provider
from idp.provider.keys import KeySet
from idp.settings import Mtls
from idp.web.dispatch import Endpoint
from idp.web.endpoints.cors import ANYBODY
from idp.web.http import HttpAnswer, HttpRequest

HEADERS = (("Cache-Control", "public, max-age=300"), *ANYBODY)


def endpoints(provider: Provider) -> Mapping[tuple[str, str], Endpoint]:
    """The two well-known addresses (OpenID Connect Discovery §4, RFC 8414 §3) and `/jwks`."""
    mtls = provider.settings.mtls
    document = discovery.document(
        provider.issuer,
        provider.settings.protocol,
        algorithms=SIGNING_ALGORITHMS,
        acr_values=ACR_VALUES,
        languages=provider.settings.site.languages,
        auth_methods=[name for name in discovery.AUTHENTICATION_METHODS if _is_on(name, mtls)],
    )
    if mtls.header:
        document = discovery.with_certificates(document, mtls.endpoint_base)
    configuration = HttpAnswer.json(document, headers=HEADERS)
    kept: list[tuple[KeySet, int, HttpAnswer]] = []

    def answer_configuration(http: HttpRequest) -> HttpAnswer:
        return configuration

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
        ("GET", "/.well-known/openid-configuration"): answer_configuration,
        ("GET", "/.well-known/oauth-authorization-server"): answer_configuration,
        ("GET", "/jwks"): answer_jwks,
    }


def _is_on(auth_method: str, mtls: Mtls) -> bool:
    """Certificates need the proxy's header, and its verdict where the authority counts."""
    if auth_method == "tls_client_auth":
        return bool(mtls.header and mtls.verdict_header)
    return auth_method != "self_signed_tls_client_auth" or bool(mtls.header)
