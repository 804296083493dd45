"""Requests as a JWT, by value or by reference (RFC 9101, OpenID Connect Core §6): only what it says counts."""

from typing import NoReturn

from idp.oidc import jwe, jwt, request_object
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import Parameters
from idp.oidc.request_object import MAXIMUM, RequestObjectRefused
from idp.provider.authorization.attempt import Attempt
from idp.provider.authorization.client import check_redirect_uri
from idp.relying_parties.fetching import NotFetched

ACCEPT = "application/oauth-authz-req+jwt, application/jwt"
MAXIMUM_KIB = 64


def load_request_uri(attempt: Attempt) -> None:
    """RFC 9101 §5.2.3: off unless set; registered addresses only, so that nobody else chooses what is asked."""
    uri = attempt.parameters.get("request_uri")
    if not uri or attempt.pushed:
        return
    if not attempt.provider.settings.protocol.request_uri:
        _refuse(attempt, ProtocolError("request_uri_not_supported", "request_uri is not supported"))
    if attempt.parameters.get("request"):
        _refuse(attempt, invalid_request("request and request_uri are both there"))
    address = uri.partition("#")[0]  # the fragment is a hash that tells versions apart (OpenID Connect Core §6.2)
    if address not in [known.partition("#")[0] for known in attempt.known_client.requests.request_uris]:
        _refuse(attempt, ProtocolError("invalid_request_uri", "request_uri is not registered"))
    try:
        fetched = attempt.provider.fetcher.get(address, accept=ACCEPT, maximum_kib=MAXIMUM_KIB)
        text = fetched.body.decode("ascii").strip()
    except (NotFetched, UnicodeDecodeError) as error:
        _refuse(attempt, ProtocolError("invalid_request_uri", "request_uri cannot be read", detail=str(error)))
    values = {**attempt.parameters.values, "request": text}
    del values["request_uri"]
    attempt.parameters = Parameters(values, attempt.parameters.defects)


def load_request_object(attempt: Attempt) -> None:
    """RFC 9101 §6: verified with the registered algorithm and key, never with what its header offers."""
    text = attempt.parameters.get("request")
    if not text:
        return
    try:
        header, claims, signed = _open(attempt, text)
        provider, client = attempt.provider, attempt.known_client
        request_object.check_claims(
            header,
            claims,
            client_id=client.client_id,
            issuer=provider.issuer,
            now=attempt.now // 1000,
            leeway=provider.settings.tokens.leeway_seconds,
            signed=signed,
            strict=client.profile == "fapi2",
        )
        values = request_object.parameters(claims)
    except (jwt.InvalidJwt, RequestObjectRefused) as error:
        refused = ProtocolError("invalid_request_object", "the request object is not valid", detail=str(error))
        _refuse(attempt, refused)
    if values.setdefault("client_id", client.client_id) != client.client_id:
        _refuse(attempt, invalid_request("client_id differs from the request object's"))
    attempt.parameters = Parameters(values, attempt.parameters.defects)
    attempt.signed = signed


def _open(attempt: Attempt, text: str) -> tuple[dict[str, object], dict[str, object], bool]:
    """Header, claims, and whether the client signed them. Raises InvalidJwt."""
    provider, client = attempt.provider, attempt.known_client
    rules = client.requests
    if text.count(".") == 4:
        text = jwe.decrypt(
            text,
            provider.keys.get().decrypting,
            algorithms=[rules.encryption_alg] if rules.encryption_alg else jwe.ALGORITHMS,
            encodings=[rules.encryption_enc] if rules.encryption_enc else jwe.ENCODINGS,
            maximum=MAXIMUM,
        )
    if rules.signing_alg == "none" and provider.settings.protocol.unsigned_request_objects:
        return *jwt.decode_unsigned(text, MAXIMUM), False
    allowed = client.rules.client_algorithms
    algorithms = [alg for alg in allowed if rules.signing_alg in ("", alg)]
    kid = jwt.decode_unverified(text, MAXIMUM)[0].get("kid")
    keys = provider.key_sets.of(client, kid if isinstance(kid, str) else None)
    return *jwt.verify(text, keys, algorithms, MAXIMUM), True


def _refuse(attempt: Attempt, error: ProtocolError) -> NoReturn:
    """Sent to the redirect URI beside the object, when there is a good one."""
    if attempt.parameters.get("redirect_uri"):
        check_redirect_uri(attempt)
    raise error


def check_signed(attempt: Attempt) -> None:
    """RFC 9101 §10.5: a client that registered so sends signed requests alone; a pushed one was checked then."""
    if attempt.known_client.requests.signed and not (attempt.signed or attempt.pushed):
        raise invalid_request("a signed request object is required")
