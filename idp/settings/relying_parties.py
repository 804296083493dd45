"""Client applications: what they may ask for, what they get, how they register and authenticate."""

from typing import Annotated, Literal

from msgspec import Meta

from idp.settings.section import Count, Positive, Section


class Tokens(Section, frozen=True, kw_only=True):
    """Lifetimes of what relying parties get."""

    code_seconds: Annotated[int, Meta(ge=1, le=60)] = 60
    """Life of an authorization code."""
    access_token_seconds: Positive = 300
    """Life of an access token."""
    id_token_seconds: Positive = 300
    """Life of an ID token."""
    refresh_grace_seconds: Annotated[int, Meta(ge=0, le=60)] = 0
    """How long the refresh token before the last still works, for an answer lost on the way. 0: not at all."""
    dpop_nonce: bool = False
    """Asks for a nonce of the server in every DPoP proof (RFC 9449 §8)."""
    refresh_token_days: Positive = 30
    """Life of a refresh token family with offline_access. Without it, refresh tokens die with the session."""
    leeway_seconds: Annotated[int, Meta(ge=0, le=60)] = 30
    """Clock difference accepted in what others signed."""


class Protocol(Section, frozen=True, kw_only=True):
    """What relying parties may ask for beyond the authorization code flow."""

    require_pushed_requests: bool = False
    """Every authorization request must be pushed first (RFC 9126)."""
    pushed_request_seconds: Annotated[int, Meta(ge=5, le=600)] = 90
    """How long a pushed request waits for its browser."""
    request_uri: bool = False
    """Reads request objects at addresses that clients registered (`request_uris`)."""
    unsigned_request_objects: bool = False
    """Takes unsigned request objects from clients that registered `request_object_signing_alg` none."""
    front_channel_tokens: bool = False
    """Lets clients that registered them use implicit and hybrid response types: tokens in the browser's address."""
    device_code_minutes: Positive = 10
    """How long somebody has to type the code of a device (a screen, a kiosk) on the page /appareil."""
    device_code_tries: Positive = 5
    """Wrong codes of one account within a quarter of an hour."""


class Clients(Section, frozen=True, kw_only=True):
    """Client applications that authenticate themselves."""

    failures: Positive = 20
    """Wrong secrets, assertions or certificates of one client from one address, before this address is refused."""
    failure_window_minutes: Positive = 15
    """The time over which failures are counted, and the address refused."""
    secret_overlap_hours: Count = 24
    """How long the secret before a rotation is still good, unless the rotation says otherwise."""


class Mtls(Section, frozen=True, kw_only=True):
    """Client certificates (RFC 8705), which a proxy in front passes in a header."""

    header: str = ""
    """Name of the header with the certificate, such as "Client-Cert". Empty: no certificate is looked at."""
    format: Literal["rfc9440", "nginx"] = "rfc9440"
    """rfc9440 (`:base64 of DER:`), or nginx (`$ssl_client_escaped_cert`)."""
    verdict_header: str = ""
    """Name of the header that says SUCCESS when the chain leads to a known authority; tls_client_auth needs it."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of the proxies that may send these headers; from anywhere else they are dropped."""
    endpoint_base: str = ""
    """Address of the host that asks for certificates, told as mtls_endpoint_aliases. Empty: the issuer's own."""


class Fetching(Section, frozen=True, kw_only=True):
    """Requests to addresses that client applications registered: key sets, logos, back-channel logout."""

    ca_file: str = ""
    """A CA bundle of one's own, trusted beside the public authorities."""
    private_addresses: tuple[str, ...] = ()
    """Private addresses or networks that may be reached, such as "10.1.2.0/24". None by default."""
    timeout_seconds: Positive = 3
    """How long one request may take in all."""
    maximum_kib: Positive = 64
    """The largest answer read, in KiB."""
    key_set_seconds: Positive = 300
    """How long a client's fetched keys are used before they are asked for again."""


class Registration(Section, frozen=True, kw_only=True):
    """Dynamic client registration. It needs an initial access token: `idp clients token add`."""

    open: bool = False
    """Lets anybody register without an initial access token."""
    open_scope: str = "openid profile email"
    """The most that a client registered so may ask for. Never `eleves`."""
    open_per_address_per_hour: Positive = 10
    """Registrations without a token from one address in an hour."""
    software_statement_issuers: tuple[str, ...] = ()
    """Files, each a JWK Set with a member "issuer": whose software statements are believed (RFC 7591 §2.3)."""


class AdminApi(Section, frozen=True, kw_only=True):
    """The API for administrators' programs, /api/admin/v1: client applications, keys, audit log, outbox, staff."""

    enabled: bool = True
    """The kill switch: false answers every request with 404."""
    requests_per_minute: Positive = 300
    """Requests of one client from one address in a minute."""
