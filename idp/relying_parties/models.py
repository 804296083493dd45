"""Registered client applications."""

import datetime as dt

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base
from idp.db.sealing import Sealed

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
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
