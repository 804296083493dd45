"""One login told step by step: what was asked, and each answer as it came."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc.jws import extract_compact

from clients.errors import LoginRefused
from clients.relying_party import RelyingParty
from clients.sessions import PendingLogin

RESULT = "/resultat"
PARAMETERS = ("scope", "prompt", "acr_values", "claims", "login_hint")
"""What a developer may choose of the authorization request; the rest is the program's."""
DEFAULT_SCOPE = "openid profile email"
ID_TOKEN_CLAIMS = ("auth_time", "acr", "given_name", "family_name", "email")
"""Offered for the parameter `claims` (OIDC Core §5.5)."""
PROMPTS = ("login", "consent", "none")
LONGEST = 200


class Trial(RelyingParty):
    """A relying party that keeps every step. The choices travel in the page to come back to, `/resultat?scope=…`."""

    def begin(self, target: str, login_hint: str | None = None) -> tuple[str, str, PendingLogin]:
        asked = asked_in(target) | ({"login_hint": login_hint} if login_hint else {})
        _, state, login = super().begin(f"{RESULT}?{urlencode(asked)}")
        return self.authorization_request(state, login, asked), state, login

    def finish(self, answer: Mapping[str, str], login: PendingLogin) -> tuple[dict[str, Any], str]:
        """The steps, under `steps`, beside the `sub` and `sid` that a logout names."""
        token = self.redeem_code(answer, login)
        claims = self.verify_id_token(token["id_token"], login.nonce, token["access_token"])
        sent = self.authorization_request(answer["state"], login, asked_in(login.target))
        steps = {"sent": sent, "code_verifier": login.code_verifier, "answer": dict(answer)}
        return self._told(steps, token, claims), token["id_token"]

    def refresh(self, told: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """New tokens for the refresh token (OIDC Core §12). Raises LoginRefused, ProviderUnavailable."""
        before = told["steps"]["token"]
        if not before.get("refresh_token"):
            raise LoginRefused("no refresh token to refresh with")
        token = self.ask_tokens(grant_type="refresh_token", refresh_token=before["refresh_token"])
        claims = self.verify_id_token(token["id_token"], None, token["access_token"])
        if claims["sub"] != told["sub"]:
            raise LoginRefused("ID token of the refresh: another subject")
        token.setdefault("refresh_token", before["refresh_token"])
        steps = told["steps"] | {"refreshed": told["steps"].get("refreshed", 0) + 1}
        return self._told(steps, token, claims), token["id_token"]

    def _told(self, steps: dict[str, Any], token: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
        token.pop("expires_at", None)  # Authlib's own, not the provider's
        steps |= {"token": token, "header": header_of(token["id_token"]), "claims": claims}
        steps["userinfo"] = self.userinfo(token["access_token"], claims["sub"])
        return {"sub": claims["sub"], "sid": claims.get("sid", ""), "steps": steps}


def asked_in(address: str) -> dict[str, str]:
    """The choices in the query of `/resultat`, and no other parameter of the request."""
    query = dict(parse_qsl(urlsplit(address).query))
    return {"scope": DEFAULT_SCOPE} | {name: query[name] for name in PARAMETERS if name in query}


def asked_by_form(single: Mapping[str, str], scopes: Iterable[str], claims: Iterable[str]) -> dict[str, str]:
    """The parameters that a filled form asks for; what is left empty is not sent."""
    asked = {"scope": " ".join(dict.fromkeys(["openid", *scopes]))}
    asked |= {name: single[name].strip()[:LONGEST] for name in ("prompt", "acr_values", "login_hint") if name in single}
    wanted = [name for name in ID_TOKEN_CLAIMS if name in set(claims)]
    asked["claims"] = json.dumps({"id_token": dict.fromkeys(wanted)}) if wanted else ""
    return {name: value for name, value in asked.items() if value}


def header_of(id_token: str) -> dict[str, Any]:
    return dict(extract_compact(id_token.encode()).headers())
