"""`client_secret_jwt`: an assertion signed with the secret, which is sealed at rest (OpenID Connect Core §9)."""

from typing import Any

from cryptography.exceptions import InvalidTag

from idp.db.sealing import unseal
from idp.oidc import jwt
from idp.oidc.errors import invalid_client
from idp.provider.client_authentication import assertion
from idp.provider.client_authentication.method import Method, Way
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty
from idp.relying_parties.models import SECRET_PURPOSE


def _verify(provider: Provider, client: RelyingParty, request: ClientRequest, credential: str) -> None:
    """By the secret; for a while after a rotation, by the one before too."""
    try:
        sealed = unseal(provider.column_cipher, SECRET_PURPOSE, client.sealed_secret)
        secrets = [str(sealed["secret"])]
    except (InvalidTag, ValueError, KeyError):
        raise invalid_client("the secret cannot be opened") from None
    if client.previous_secret_until > request.now and sealed.get("previous"):
        secrets.append(str(sealed["previous"]))
    assertion.accept(provider, client, _claims(credential, secrets), request)


def _claims(credential: str, secrets: list[str]) -> dict[str, Any]:
    """Of the assertion that one of these secrets signed."""
    refusal = jwt.InvalidJwt("no secret")
    for secret in secrets:
        try:
            return jwt.verify_with_secret(credential, secret)[1]
        except jwt.InvalidJwt as error:
            refusal = error
    raise invalid_client(str(refusal))


METHOD = Method(Way.ASSERTION, _verify)
