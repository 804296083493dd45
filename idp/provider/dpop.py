"""DPoP proofs at our endpoints (RFC 9449): taken once, with a nonce of ours where the setting asks for one."""

import hashlib

import msgspec

from idp.db.hot import Duplicate
from idp.oidc import dpop
from idp.oidc.errors import ProtocolError
from idp.oidc.seal import Unsealable
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider

NONCE_SECONDS = 300


class Nonce(msgspec.Struct, array_like=True, frozen=True):
    """What a nonce seals: its end, in milliseconds. Any process makes and reads it; none is kept (RFC 9449 §8)."""

    expires_at: int


def take_proof(provider: Provider, request: ClientRequest, access_token: str = "") -> str:
    """The thumbprint of the key that the request's proof shows. Raises invalid_dpop_proof, use_dpop_nonce.

    The proof's `jti` is remembered for as long as the proof could be sent again (RFC 9449 §11.1).
    """
    now = request.now // 1000
    path = request.url.removeprefix(provider.issuer)
    base = provider.settings.mtls.endpoint_base
    urls = (request.url, base + path) if base else (request.url,)
    leeway = provider.settings.tokens.leeway_seconds
    try:
        proof = dpop.check(
            request.dpop, method=request.method, urls=urls, now=now, leeway=leeway, access_token=access_token
        )
    except dpop.InvalidProof as error:
        raise invalid_proof(str(error)) from None
    if provider.settings.tokens.dpop_nonce and not _is_ours(provider, proof.nonce, request.now):
        headers = (("DPoP-Nonce", nonce(provider, request.now)),)
        raise ProtocolError("use_dpop_nonce", "a nonce of this server is needed in the DPoP proof", headers=headers)
    key = hashlib.sha256(f"dpop\0{proof.jkt}\0{proof.jti}".encode("utf-8", "surrogatepass")).digest()
    ends_at = (proof.iat + dpop.MAXIMUM_AGE_SECONDS + leeway) * 1000
    try:
        provider.hot.write(provider.sql.remember, {"v_key": key, "v_ends_at": ends_at})
    except Duplicate:
        raise invalid_proof("proof used before") from None
    return proof.jkt


def nonce(provider: Provider, now: int) -> str:
    """A nonce for the client's next proofs."""
    return provider.seal("dpop-nonce", Nonce(now + NONCE_SECONDS * 1000))


def _is_ours(provider: Provider, text: str, now: int) -> bool:
    try:
        return provider.keys.get().sealer.open("dpop-nonce", text, Nonce).expires_at > now
    except Unsealable:
        return False


def invalid_proof(detail: str) -> ProtocolError:
    """One answer for every cause (RFC 9449 §5)."""
    return ProtocolError("invalid_dpop_proof", "the DPoP proof is missing or invalid", detail=detail)
