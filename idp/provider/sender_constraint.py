"""Tokens bound to a key: by a DPoP proof (RFC 9449) or by a client certificate (RFC 8705 §3)."""

from idp.oidc.errors import ProtocolError, invalid_grant, invalid_request, invalid_token
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, Provider
from idp.provider.dpop import invalid_proof, take_proof
from idp.relying_parties.cache import RelyingParty

DPOP = "jkt:"
CERTIFICATE = "x5t:"


def confirm(provider: Provider, client: RelyingParty, request: ClientRequest) -> str:
    """What the tokens of this request are bound to; empty for bearer tokens, where the client may have them."""
    if request.dpop:
        return DPOP + take_proof(provider, request)
    if client.dpop_bound:
        raise invalid_proof("the client registered dpop_bound_access_tokens")
    if client.certificate_bound or client.rules.sender_constrained:
        if request.certificate is None:
            raise invalid_request("tokens of this client are bound to a key: a DPoP proof or a certificate is needed")
        return CERTIFICATE + request.certificate.thumbprint
    return ""


def check_refresh(client: RelyingParty, bound_to: str, shown: str) -> None:
    """A bound refresh token is used with a key: the one that it was given for, if the client is public.

    A confidential client may take a new key or certificate: it proves itself each time (RFC 9449 §5, RFC 8705 §4).
    """
    is_good = shown == bound_to if client.is_public else bool(shown or not bound_to)
    if bound_to.startswith(DPOP) and not is_good:
        raise invalid_proof("refresh token bound to another key")
    if bound_to.startswith(CERTIFICATE) and not is_good:
        raise invalid_grant("refresh token bound to a certificate")


def check_use(provider: Provider, access: AccessToken, request: ClientRequest, scheme: str, token: str) -> None:
    """A bound token comes with its key, and only so (attack 44). Raises invalid_token, invalid_dpop_proof."""
    if access.confirmation.startswith(DPOP):
        if scheme != "dpop":
            raise invalid_token("bound token used as bearer")
        if DPOP + take_proof(provider, request, token) != access.confirmation:
            raise invalid_proof("access token bound to another key")
    elif scheme == "dpop":
        raise invalid_token("bearer token used with DPoP")
    elif access.confirmation:
        certificate = request.certificate
        if certificate is None or CERTIFICATE + certificate.thumbprint != access.confirmation:
            raise invalid_token("bound token without its certificate")


def as_claim(confirmation: str) -> dict[str, str]:
    """`cnf` of a token (RFC 7800 §3.1)."""
    member = "jkt" if confirmation.startswith(DPOP) else "x5t#S256"
    return {member: confirmation[4:]}


def token_type(confirmation: str) -> str:
    """RFC 9449 §5."""
    return "DPoP" if confirmation.startswith(DPOP) else "Bearer"


def bind_code(provider: Provider, request: ClientRequest, named: str) -> str:
    """The key that must redeem a pushed request's code: of its proof, which `dpop_jkt` names too (RFC 9449 §10.1)."""
    shown = take_proof(provider, request)
    if named and named != shown:
        raise ProtocolError("invalid_dpop_proof", "dpop_jkt differs from the key of the proof")
    return shown
