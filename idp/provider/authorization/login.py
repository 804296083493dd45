"""Which login the client wants (OpenID Connect Core §3.1.2.1)."""

from idp.oidc.errors import invalid_request
from idp.provider.authorization.attempt import Attempt
from idp.provider.id_token_hint import read_id_token_hint

PROMPTS = ("none", "login", "consent", "select_account", "create")


def check_prompt(attempt: Attempt) -> None:
    """OpenID Connect Core §3.1.2.1; `create` is of Initiating User Registration §4."""
    text = attempt.parameters.get("prompt")
    if not text:
        return
    attempt.prompts = frozenset(text.split())
    if not attempt.prompts.issubset(PROMPTS):
        raise invalid_request("prompt is unknown")
    for word in ("none", "create"):
        if word in attempt.prompts and len(attempt.prompts) > 1:
            raise invalid_request(f"prompt {word} stands alone")


def check_max_age(attempt: Attempt) -> None:
    """Seconds; the registered `default_max_age` where the request says nothing (OpenID Connect Registration §2)."""
    text = attempt.parameters.get("max_age")
    if not text:
        attempt.max_age = attempt.known_client.default_max_age
        return
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise invalid_request("max_age must be a number of seconds")
    attempt.max_age = int(text)


def check_id_token_hint(attempt: Attempt) -> None:
    """Ours, for this client; an ended one still tells who is meant."""
    hint = attempt.parameters.get("id_token_hint")
    if not hint:
        return
    claims = read_id_token_hint(attempt.provider, hint)
    if claims is None or claims.get("aud") != attempt.known_client.client_id:
        raise invalid_request("id_token_hint is not an ID token of this client")
    if attempt.hinted_subject not in ("", claims["sub"]):
        raise invalid_request("id_token_hint and claims name two subjects")
    attempt.hinted_subject = str(claims["sub"])
