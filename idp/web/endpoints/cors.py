"""Cross-origin requests (Fetch §3.2), where the specifications ask for them and nowhere else.

Anybody's script may read public metadata. What a public client's page needs (its tokens, their end, userinfo, pushed
requests) is for the origins of registered public clients. No cookie counts at any of them: credentials are never
allowed. Why so: docs/decisions/0008-cors.md.
"""

from collections.abc import Mapping

from idp.provider.core import Provider
from idp.web.dispatch import Endpoint
from idp.web.http import HttpAnswer, HttpRequest

PUBLIC = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks", "/openapi.json")
FOR_CLIENTS = ("/token", "/revoke", "/userinfo", "/par")
ANYBODY = (("Access-Control-Allow-Origin", "*"),)
READABLE = ("Access-Control-Expose-Headers", "DPoP-Nonce, WWW-Authenticate")
"""What a client must see of a refusal (RFC 9449 §8)."""
SENDABLE = ("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP")
KEPT = ("Access-Control-Max-Age", "600")
VARIES = ("Vary", "Origin")

Table = Mapping[tuple[str, str], Endpoint]


def with_origins(provider: Provider, table: Table) -> dict[tuple[str, str], Endpoint]:
    """The table, open to other origins where it may be, with the answers to their preflights."""
    whole = dict(table)
    for method, path in table:
        if path in FOR_CLIENTS:
            whole[method, path] = _for_clients(provider, table[method, path])
    for path in (*PUBLIC, *FOR_CLIENTS):
        methods = ", ".join(sorted(method for method, known in table if known == path))
        whole["OPTIONS", path] = _preflight(provider, path, ("Access-Control-Allow-Methods", methods))
    return whole


def _for_clients(provider: Provider, endpoint: Endpoint) -> Endpoint:
    def answer(http: HttpRequest) -> HttpAnswer | None:
        made = endpoint(http)
        origin = http.environ.get("HTTP_ORIGIN")
        if not origin or made is None or not provider.origins.knows(origin):
            return made
        return HttpAnswer(made.status, (*made.headers, *_allowed(origin), READABLE), made.body)

    return answer


def _preflight(provider: Provider, path: str, methods: tuple[str, str]) -> Endpoint:
    def answer(http: HttpRequest) -> HttpAnswer:
        if path in PUBLIC:
            return HttpAnswer(204, (*ANYBODY, methods, KEPT))
        origin = http.header("Origin")
        known = provider.origins.knows(origin)
        return HttpAnswer(204, (*_allowed(origin), methods, SENDABLE, KEPT) if known else (VARIES,))

    return answer


def _allowed(origin: str) -> tuple[tuple[str, str], ...]:
    return (("Access-Control-Allow-Origin", origin), VARIES)
