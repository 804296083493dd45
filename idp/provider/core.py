"""What every endpoint function stands on: settings, keys, clients, statements; and the sealed values."""

from functools import cached_property
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp import audit, clock
from idp.audit import Fact
from idp.db import new_id
from idp.db.hot import HotPath, Parameters, values
from idp.db.sealing import load_cipher
from idp.oidc import subject
from idp.provider import statements
from idp.provider.blocked import BlockedAddresses
from idp.provider.keys import KeyStore
from idp.provider.releases_of_today import ReleasesOfToday
from idp.relying_parties.cache import ClientCache, RelyingParty
from idp.relying_parties.fetching import Fetcher
from idp.relying_parties.key_sets import KeySets
from idp.relying_parties.origins import Origins
from idp.relying_parties.registration import Registrar
from idp.relying_parties.resource_servers import ResourceServers
from idp.relying_parties.software_statement import Issuers
from idp.settings import Settings

ACR_VALUES = ("eidas1",)


class Code(msgspec.Struct, array_like=True, frozen=True):
    """What an authorization code seals: the grant to be (ARCHITECTURE, decision 2). Instants are milliseconds."""

    grant_id: str
    client_id: str
    account_id: str
    session_id: str
    redirect_uri: str
    code_challenge: str
    scope: str
    nonce: str
    auth_time: int
    acr: str
    amr: str
    resource: str
    expires_at: int
    dpop_jkt: str = ""
    """Thumbprint of the key that must redeem the code (RFC 9449 §10)."""
    claims: str = ""
    """JSON of the `claims` parameter, cut to what the client may have (OpenID Connect Core §5.5)."""


class AccessToken(msgspec.Struct, array_like=True, frozen=True):
    """What an access token says, sealed or inside a JWT; without account for client_credentials."""

    grant_id: str
    client_id: str
    account_id: str
    scope: str
    issued_at: int
    expires_at: int
    audience: str = ""
    """Resource servers, separated by spaces; our own endpoints when empty."""
    confirmation: str = ""
    """The key that must be shown with the token: `jkt:` or `x5t:` and its thumbprint (RFC 7800 §3)."""
    actors: str = ""
    """Clients that act for the account, the current one first (RFC 8693 §4.1)."""
    claims: str = ""
    """JSON of the claims that userinfo adds to those of the scopes (OpenID Connect Core §5.5)."""
    own_id: str = ""
    """Of an exchanged token: what it is revoked by, since its grant is what the account gave another client."""


class RefreshToken(msgspec.Struct, array_like=True, frozen=True):
    """What a refresh token seals: a grant and the generation it may rotate."""

    grant_id: str
    generation: int
    client_id: str
    scope: str
    resource: str
    expires_at: int
    confirmation: str = ""


class GrantDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """What rotation must keep of the login."""

    auth_time: int
    acr: str
    amr: str
    claims: str = ""


class SessionView(msgspec.Struct, array_like=True, frozen=True):
    """A live session with the consent given to the client at hand."""

    session_id: str
    account_id: str
    auth_time: int
    amr: str
    acr: str
    last_seen_at: int
    consented: str | None


class Provider:
    """Lives as long as the application; `Services.provider`."""

    def __init__(self, settings: Settings, hot: HotPath) -> None:
        self.settings = settings
        self.issuer = settings.server.issuer
        self.hot = hot
        self.sql = statements.compiled(hot.compile)
        self.clients = ClientCache(hot)
        self.origins = Origins(hot)
        self.keys = KeyStore(settings.keys.directory, settings.keys.reload_seconds)
        self.fetcher = Fetcher(settings.fetching, demo=settings.server.demo)
        self.key_sets = KeySets(self.fetcher, settings.fetching.key_set_seconds)
        self.resource_servers = ResourceServers(hot)
        self.blocked = BlockedAddresses()
        self.releases = ReleasesOfToday()
        issuers = Issuers(settings.registration.software_statement_issuers)
        self.registrar = Registrar(self.fetcher, issuers, demo=settings.server.demo)
        self.idle_milliseconds = settings.sessions.idle_minutes * 60_000
        if any(Path(settings.keys.directory).glob("*.*")):
            self.keys.reload()

    @cached_property
    def column_cipher(self) -> AESGCM:
        """Opens what sealed columns hold."""
        return load_cipher(Path(self.settings.keys.directory))

    def seal(self, purpose: str, value: msgspec.Struct) -> str:
        """A value that only this provider can read, for that purpose alone."""
        return self.keys.get().sealer.seal(purpose, value)

    def subject_of(self, account_id: str, client: RelyingParty) -> str:
        """`sub` of an account at a client (ARCHITECTURE, decision 8)."""
        key = self.keys.get().pairwise
        if client.subject_type == "public":
            return subject.public(key, account_id)
        return subject.pairwise(key, client.sector, account_id)

    def former_subjects(self, former_ids: str, client: RelyingParty) -> list[str]:
        """`former_subs`: what the client knew accounts as that were merged into one (docs/merging.md)."""
        return [self.subject_of(account_id, client) for account_id in former_ids.split()]

    def sid_of(self, session_id: str, client: RelyingParty) -> str:
        """`sid` of a session at a client."""
        return subject.session_id(self.keys.get().pairwise, client.client_id, session_id)

    def find_session(self, key: bytes, client_id: str, now: int) -> SessionView | None:
        """The live session of that row key, at an instant in milliseconds; tells the row, at most once a minute."""
        parameters = {"v_id": key, "v_client_id": client_id, "v_now": now, "v_idle": now - self.idle_milliseconds}
        row = self.hot.read(self.sql.session, parameters)
        if row is None:
            return None
        session = SessionView(*row)
        if now - session.last_seen_at >= 60_000:
            self.hot.write(self.sql.touch_session, {"v_id": key, "v_now": now})
        return session

    def record(
        self, event: str, now: int, *, account_id: str | None = None, client_id: str | None = None, **ids: Fact
    ) -> None:
        """Add a line to the audit log at once: what it tells has happened, whatever the answer."""
        row = audit.as_row(event, now, account_id=account_id, client_id=client_id, ids=ids)
        self.hot.write(self.sql.record, values(row))

    def assert_ourselves(self, alg: str, client_id: str, audience: str) -> str:
        """A client assertion with which we authenticate upstream (RFC 7523 §3): a minute's life, one use."""
        now = int(clock.now().timestamp())
        claims = {"iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + 60, "jti": new_id()}
        return self.keys.get().current[alg].sign(claims)

    def make_grant(self, client: RelyingParty, row: Parameters) -> bool:
        """Insert a grant if account, session and consent still live, which the ministry's own clients do without.

        Raises Duplicate.
        """
        sql = self.sql.redeem if client.first_party else self.sql.redeem_consented
        return self.hot.write(sql, row) is not None

    def end_grant(self, event: str, grant_id: str, client_id: str, now: int) -> None:
        """End a grant that somebody misuses, and tell the audit log once, with the account that it was of."""
        row = self.hot.write(self.sql.revoke, {"v_id": grant_id, "v_now": now})
        if row is not None:
            self.record(event, now, account_id=row[0], client_id=client_id, grant_id=grant_id)

    def revoke_grant(self, grant_id: str, now: int) -> None:
        """End a grant with all its tokens."""
        self.hot.write(self.sql.revoke, {"v_id": grant_id, "v_now": now})
