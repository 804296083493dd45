"""The upstreams that the settings name: what each is asked, and how its answers are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from idp.settings import Settings

FRANCECONNECT = "franceconnect"
OTHER = "upstream"
ACR_RANK = {"eidas1": 1, "eidas2": 2, "eidas3": 3}
"""Levels of FranceConnect, the weakest first."""

FRANCECONNECT_CLAIMS = {
    name: name
    for name in (
        "given_name",
        "given_name_array",
        "family_name",
        "preferred_username",
        "birthdate",
        "idp_birthdate",
        "birthplace",
        "birthcountry",
        "gender",
        "email",
    )
}


@dataclass(frozen=True, slots=True)
class Upstream:
    """One upstream provider.

    The profile `franceconnect` sends exactly the eight parameters of its closed list: that is code, not a setting.
    """

    key: str
    name: str
    profile: Literal["franceconnect", "openid"]
    issuer: str
    client_id: str
    client_secret: str
    authentication: str
    alg: str
    scopes: tuple[str, ...]
    scopes_known: tuple[str, ...]
    acr_values: tuple[str, ...] = ()
    pkce: bool = False
    signed_userinfo: bool = False
    matching: str = "proof"
    claims: Mapping[str, str] = field(default_factory=dict)
    """Our name of a claim → theirs."""

    def is_strong_enough(self, acr: str) -> bool:
        """Whether the level reached is one of those asked for, or a stronger one."""
        if not self.acr_values:
            return True
        least = min((ACR_RANK[asked] for asked in self.acr_values if asked in ACR_RANK), default=0)
        return acr in self.acr_values or (least > 0 and ACR_RANK.get(acr, 0) >= least)


def from_settings(settings: Settings) -> dict[str, Upstream]:
    """The upstreams that are on, by key."""
    found = {}
    france = settings.franceconnect
    if france.issuer:
        found[FRANCECONNECT] = Upstream(
            key=FRANCECONNECT,
            name="FranceConnect",
            profile="franceconnect",
            issuer=france.issuer,
            client_id=france.client_id,
            client_secret=france.client_secret,
            authentication=france.authentication,
            alg=france.alg,
            scopes=france.scopes,
            scopes_known=france.scopes_known,
            acr_values=("eidas1",),
            signed_userinfo=True,
            claims=FRANCECONNECT_CLAIMS,
        )
    other = settings.upstream
    if other.issuer:
        found[OTHER] = Upstream(
            key=OTHER,
            name=other.name,
            profile="openid",
            issuer=other.issuer,
            client_id=other.client_id,
            client_secret=other.client_secret,
            authentication=other.authentication,
            alg=other.alg,
            scopes=other.scopes,
            scopes_known=other.scopes,
            acr_values=other.acr_values,
            pkce=other.pkce,
            signed_userinfo=other.signed_userinfo,
            matching=other.matching,
            claims={
                "given_name": other.claim_given_name,
                "family_name": other.claim_family_name,
                "preferred_username": other.claim_usage_name,
                "birthdate": other.claim_birthdate,
                "gender": other.claim_gender,
                "email": other.claim_email,
            },
        )
    return found
