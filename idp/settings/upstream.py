"""Providers that parents may log in with: FranceConnect and one more."""

from typing import Literal

from idp.settings.section import Section


class FranceConnect(Section, frozen=True, kw_only=True):
    """Login by FranceConnect."""

    issuer: str = ""
    """Its issuer: `https://oidc.franceconnect.gouv.fr/api/v2`, or the sandbox's. Empty: no button."""
    client_id: str = ""
    """The identifier that FranceConnect gave (64 hexadecimal digits)."""
    client_secret: str = ""
    """The secret that FranceConnect gave. The environment is the place for it: IDP_FRANCECONNECT__CLIENT_SECRET."""
    authentication: Literal["client_secret_post", "private_key_jwt"] = "client_secret_post"
    """How the provider authenticates there; private_key_jwt signs with the current key of `alg`."""
    alg: Literal["ES256", "RS256"] = "ES256"
    """The algorithm registered there for ID tokens and userinfo; any other is refused."""
    scopes: tuple[str, ...] = (
        "openid",
        "given_name",
        "family_name",
        "preferred_username",
        "gender",
        "birthdate",
        "birthplace",
        "birthcountry",
        "email",
    )
    """What is asked about a parent who is not linked yet; FranceConnect shows it to the parent."""
    scopes_known: tuple[str, ...] = ("openid",)
    """What is asked when this browser has linked its account before."""
    button_file: str = ""
    """The official picture of the button, as the deployer got it (SVG or PNG); empty: the button is drawn."""


class UpstreamProvider(Section, frozen=True, kw_only=True):
    """Login by one more OpenID provider, found by discovery."""

    issuer: str = ""
    """Its issuer. Empty: none."""
    name: str = "Mon autre compte"
    """What the button says."""
    client_id: str = ""
    """The identifier registered there."""
    client_secret: str = ""
    """The secret registered there."""
    authentication: Literal["client_secret_basic", "client_secret_post", "private_key_jwt"] = "client_secret_basic"
    """How the provider authenticates there."""
    alg: Literal["RS256", "PS256", "ES256", "EdDSA"] = "RS256"
    """The algorithm registered there for ID tokens (and userinfo, where signed); any other is refused."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    """Scopes asked for."""
    acr_values: tuple[str, ...] = ()
    """Levels asked for; one of them must be reached."""
    pkce: bool = True
    """Proof key for code exchange, S256."""
    signed_userinfo: bool = False
    """Whether userinfo is a signed token; plain JSON is then refused."""
    matching: Literal["proof", "linked"] = "proof"
    """proof: an unknown identity gives the proofs that FranceConnect's does. linked: only linked accounts log in."""
    claim_given_name: str = "given_name"
    """Name of the claim with the given names."""
    claim_family_name: str = "family_name"
    """Name of the claim with the birth name."""
    claim_usage_name: str = "preferred_username"
    """Name of the claim with the usage name. Empty, as for the other claims: it sends none."""
    claim_birthdate: str = "birthdate"
    """Name of the claim with the birth date (YYYY-MM-DD)."""
    claim_gender: str = "gender"
    """Name of the claim with the gender (female, male)."""
    claim_email: str = "email"
    """Name of the claim with the e-mail address, which is proposed and never trusted."""
