"""Security profiles of clients, as data: each rule is asked by the one check that it concerns.

`oidc` is OpenID Connect with the advice of RFC 9700; `fapi2` is the FAPI 2.0 Security Profile.
"""

from dataclasses import dataclass

ASYMMETRIC = ("RS256", "PS256", "ES256", "EdDSA")
STRONG = ("PS256", "ES256", "EdDSA")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a client of the profile must do, and what the provider does for it."""

    auth_methods: frozenset[str] | None = None
    """Methods of client authentication; None: any (FAPI 2.0 §5.3.2.1)."""
    client_algorithms: tuple[str, ...] = ASYMMETRIC
    """What the client may sign with: assertions, request objects (FAPI 2.0 §5.4.1)."""
    provider_algorithms: tuple[str, ...] | None = None
    """What the provider may sign with for the client; None: any."""
    issuer_is_the_only_audience: bool = False
    """Client assertions name the issuer, not an endpoint (FAPI 2.0 §5.3.2.1)."""
    pushed_request_required: bool = False
    """RFC 9126 §5."""
    pkce_required: bool = False
    """RFC 7636 with S256."""
    sender_constrained: bool = False
    """Tokens are bound to a key or a certificate (RFC 9449, RFC 8705)."""
    code_flow_only: bool = False
    """No tokens through the browser (FAPI 2.0 §5.3.2.2)."""
    refresh_token_rotates: bool = True
    """RFC 9700 §4.14.2; FAPI 2.0 §5.3.2.1 forbids it, since its tokens are bound already."""


PROFILES = {
    "oidc": Profile(),
    "fapi2": Profile(
        auth_methods=frozenset({"private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"}),
        client_algorithms=STRONG,
        provider_algorithms=STRONG,
        issuer_is_the_only_audience=True,
        pushed_request_required=True,
        pkce_required=True,
        sender_constrained=True,
        code_flow_only=True,
        refresh_token_rotates=False,
    ),
}
