"""`client_secret_jwt`: an assertion signed with the secret, which is sealed at rest (OpenID Connect Core §9)."""

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
    try:
        secret = str(unseal(provider.column_cipher, SECRET_PURPOSE, client.sealed_secret)["secret"])
        _, claims = jwt.verify_with_secret(credential, secret)
    except (InvalidTag, ValueError, KeyError):
        raise invalid_client("the secret cannot be opened") from None
    except jwt.InvalidJwt as error:
        raise invalid_client(str(error)) from None
    assertion.accept(provider, client, claims, request)


METHOD = Method(Way.ASSERTION, _verify)
