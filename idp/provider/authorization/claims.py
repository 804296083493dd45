"""The `claims` and `acr_values` parameters (OpenID Connect Core §5.5, §3.1.2.1)."""

from idp.oidc import claims_request
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.scopes import CLAIMS
from idp.provider.authorization.attempt import Attempt
from idp.provider.core import ACR_VALUES

ONLY_USERINFO = frozenset({"eleves"})
"""The children are told by userinfo alone: an ID token may pass through a browser's address."""


def check_claims(attempt: Attempt) -> None:
    """What the client may not have is left out, silently (§5.5.1; attack 49)."""
    text = attempt.parameters.get("claims")
    if not text:
        return
    asked = claims_request.parse(text)
    client = attempt.known_client
    scope_of = {claim: scope for scope in client.scopes for claim in CLAIMS.get(scope, ())}
    allowed = {"userinfo": scope_of.keys(), "id_token": scope_of.keys() - ONLY_USERINFO}
    attempt.claims = claims_request.keep(asked, allowed)
    named = [name for member, requests in asked.items() for name in requests if name in allowed[member]]
    attempt.claim_scopes = tuple(dict.fromkeys(scope_of[name] for name in named))
    _read_login(attempt, asked["id_token"])


def _read_login(attempt: Attempt, requests: claims_request.Requests) -> None:
    """`acr` and `sub` say which login is wanted (§5.5.1.1, §5.5.1)."""
    acr = requests.get("acr", {})
    values = claims_request.wanted_values(acr)
    if acr.get("essential") and values is not None:
        attempt.essential_acr = tuple(value for value in values if value in ACR_VALUES)
        if not attempt.essential_acr:
            raise unmet()
    subject = claims_request.wanted_values(requests.get("sub", {}))
    if subject is not None:
        if len(subject) != 1 or not isinstance(subject[0], str):
            raise invalid_request("sub can be asked for with one value")
        attempt.hinted_subject = subject[0]


def unmet() -> ProtocolError:
    """OpenID Connect Core Error Code unmet_authentication_requirements §4."""
    return ProtocolError("unmet_authentication_requirements", "no login of that acr is possible here")
