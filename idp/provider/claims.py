"""Claims about an account (OpenID Connect Core §5.1): those of the scopes, and those that `claims` asks for.

A claim without value is left out, never null or blank (§5.3.2).
"""

from collections.abc import Collection
from typing import Any

import orjson

from idp.db.hot import Row
from idp.oidc import claims_request
from idp.oidc.scopes import CLAIMS
from idp.provider import children, releases
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty

GENDERS = {"Mme": "female", "M.": "male"}
ABOUT_ACCOUNTS = ("profile", "email", "phone", "address", "eleves")


def of_scopes(
    provider: Provider, client: RelyingParty, account_id: str, granted: Collection[str], row: Row
) -> dict[str, Any]:
    """The claims of these scopes; `row` holds the account's columns (statements.ACCOUNT_COLUMNS)."""
    identifiant, family_name, usage_name, first_name, email, email_at, mobile, mobile_at, updated_at = row[1:10]
    civility, previous_login_at = row[10:12]
    claims: dict[str, Any] = {}
    if "profile" in granted:
        shown = usage_name or family_name
        claims["name"] = f"{first_name} {shown}".strip()
        claims["family_name"], claims["given_name"] = shown, first_name
        claims["preferred_username"] = identifiant
        claims["updated_at"] = updated_at // 1000
        claims["civility"] = civility
        claims["gender"] = GENDERS.get(civility, "")
        if previous_login_at:
            claims["previous_login_at"] = previous_login_at // 1000
    if "email" in granted and email:
        claims["email"], claims["email_verified"] = email, email_at is not None
    if "phone" in granted and mobile:
        claims["phone_number"], claims["phone_number_verified"] = mobile, mobile_at is not None
    if "address" in granted:
        claims["address"] = _address(provider, account_id)
    if "eleves" in granted:
        claims["eleves"] = _children(provider, client, account_id)
    for name in [name for name, value in claims.items() if value in ("", {})]:
        del claims[name]
    return claims


def requested(
    provider: Provider, client: RelyingParty, account_id: str, row: Row, text: str, member: str
) -> dict[str, Any]:
    """What the kept `claims` parameter asks for in that member, of scopes that the client may still have."""
    names = orjson.loads(text).get(member, {})
    allowed = [scope for scope in ABOUT_ACCOUNTS if scope in client.scopes]
    scopes = [scope for scope in allowed if any(name in names for name in CLAIMS[scope])]
    if not scopes:
        return {}
    return claims_request.choose(text, member, of_scopes(provider, client, account_id, scopes, row))


def for_id_token(
    provider: Provider, client: RelyingParty, account_id: str, scopes: Collection[str], text: str
) -> dict[str, Any]:
    """Claims that an ID token carries itself: of scopes when nothing else could give them (§5.4), of `claims`.

    Never the children: an ID token may pass through a browser's address.
    """
    row = provider.hot.read(provider.sql.account, {"v_id": account_id})
    if row is None:
        return {}
    alone = [scope for scope in scopes if scope != "eleves"]
    claims = of_scopes(provider, client, account_id, alone, row) if alone else {}
    return claims | requested(provider, client, account_id, row, text, "id_token") if text else claims


def _children(provider: Provider, client: RelyingParty, account_id: str) -> list[dict[str, object]]:
    """As the registry has them now; birth dates for clients that may have them."""
    found = provider.hot.read(provider.sql.children, {"v_account_id": account_id})
    claim = children.as_claim(
        found[0] if found else None,
        key=provider.keys.get().pairwise,
        sector=client.sector,
        birth_dates=client.birth_dates_allowed,
    )
    if client.birth_dates_allowed and claim:
        releases.note_birth_dates(provider, account_id, client.client_id, len(claim))
    return claim


def _address(provider: Provider, account_id: str) -> dict[str, str]:
    """Where the school says that the person lives (§5.1.1): the newest record that has an address."""
    found = provider.hot.read(provider.sql.addresses, {"v_account_id": account_id})
    for _, raw in sorted(orjson.loads(found[0]) if found and found[0] else [], reverse=True):
        known = orjson.loads(raw) if isinstance(raw, str) else raw
        parts = {name: str(known.get(name, "")).strip() for name in ("lines", "postcode", "commune", "country")}
        if parts["lines"] or parts["commune"]:
            return _address_claim(parts)
    return {}


def _address_claim(parts: dict[str, str]) -> dict[str, str]:
    town = f"{parts['postcode']} {parts['commune']}".strip()
    formatted = "\n".join(filter(None, (parts["lines"], town, parts["country"])))
    claim = {
        "formatted": formatted,
        "street_address": parts["lines"],
        "postal_code": parts["postcode"],
        "locality": parts["commune"],
        "country": parts["country"],
    }
    return {name: value for name, value in claim.items() if value}
