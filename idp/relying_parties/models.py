"""Registered client applications."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from idp.db import Base, new_id
from idp.db.sealing import Sealed
from idp.oidc.redirect_uri import origin

SECRET_PURPOSE = "client secret"


class Client(Base):
    """A relying party. `metadata_` holds the names of RFC 7591 and OpenID Registration; columns hold what is ours."""

    __tablename__ = "clients"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_name: Mapped[str] = mapped_column(String(200))
    metadata_: Mapped[dict[str, object]] = mapped_column("metadata", JSON, default=dict)
    secret: Mapped[str | None] = mapped_column(Text)
    """SHA-256 of the secret (256 random bits)."""
    sealed_secret: Mapped[dict[str, str] | None] = mapped_column(Sealed(SECRET_PURPOSE))
    """The secret itself, sealed, where client_secret_jwt needs it."""
    scope: Mapped[str] = mapped_column(Text, default="openid")
    """Scopes the administrator grants, separated by spaces; dynamic registration never adds to them."""
    first_party: Mapped[bool] = mapped_column(default=False)
    """The ministry's own: no consent is asked."""
    birth_dates_allowed: Mapped[bool] = mapped_column(default=False)
    disabled_at: Mapped[dt.datetime | None]
    holds_since: Mapped[dt.datetime | None]
    """When it was last enabled again: tokens and codes that it was given until then are worth nothing."""
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    previous_secret: Mapped[str | None] = mapped_column(Text)
    """SHA-256 of the secret before this one, good until `previous_secret_until` (a rotation with an overlap)."""
    previous_secret_until: Mapped[dt.datetime | None]
    reviewed: Mapped[bool] = mapped_column(default=True)
    """False for who registered dynamically, until an administrator looks: parents are warned, no scope `eleves`."""
    registration_token: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the registration access token (RFC 7592 §1.3); none for clients of the command line."""
    registered_with: Mapped[str | None] = mapped_column(String(32))
    """`InitialAccessToken.id`."""
    deleted_at: Mapped[dt.datetime | None]
    """The client ended its registration, or was removed; the row stays, so that what names it still can."""

    origins: Mapped[list["ClientOrigin"]] = relationship(cascade="all, delete-orphan")
    """Follow the metadata by themselves."""

    @validates("metadata_")
    def _keep_origins(self, key: str, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        in_browsers = metadata.get("token_endpoint_auth_method") == "none"
        in_browsers = in_browsers and metadata.get("application_type", "web") == "web"
        wanted = {origin(uri) for uri in metadata.get("redirect_uris", ())} if in_browsers else set()
        kept = [known for known in self.origins if known.origin in wanted]
        new = wanted - {known.origin for known in kept}
        self.origins = [*kept, *(ClientOrigin(origin=address) for address in sorted(new))]
        return metadata


class ClientOrigin(Base):
    """Where the pages of a public client are, whose scripts may read protocol answers (CORS)."""

    __tablename__ = "client_origins"

    origin: Mapped[str] = mapped_column(String(300), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"), primary_key=True, index=True)


class InitialAccessToken(Base):
    """What lets somebody register clients (RFC 7591 §1.2), and the most that such a client may have."""

    __tablename__ = "initial_access_tokens"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    label: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token."""
    policy: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """`idp.relying_parties.policy.Policy`."""
    quota: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class Logo(Base):
    """A client's logo, as the provider drew it again; served from here, never from the client's address."""

    __tablename__ = "client_logos"

    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"), primary_key=True)
    png: Mapped[bytes] = mapped_column(LargeBinary)


class ResourceServer(Base):
    """An API of somebody else that takes our access tokens, with the scopes that are its own (RFC 8707)."""

    __tablename__ = "resource_servers"

    identifier: Mapped[str] = mapped_column(String(255), primary_key=True)
    """Its `resource` value and `aud`."""
    name: Mapped[str] = mapped_column(String(200))
    scope: Mapped[str] = mapped_column(Text, default="")
    """Separated by spaces."""
    created_at: Mapped[dt.datetime]
