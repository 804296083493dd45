"""Initial access tokens (RFC 7591 §1.2, §3): who may register clients, how many, until when."""

import datetime as dt
import hashlib
import secrets

import msgspec
from sqlalchemy import select, update

from idp import audit, clock
from idp.db import db
from idp.relying_parties.errors import InvalidToken, QuotaReached, UnknownToken
from idp.relying_parties.models import InitialAccessToken
from idp.relying_parties.policy import Policy


def digest(token: str) -> str:
    """What is stored of a token of 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def create(
    label: str, policy: Policy, *, quota: int, life: dt.timedelta, value: str = ""
) -> tuple[InitialAccessToken, str]:
    """A new token, with its value, which is shown once. A `value` of one's own is for the demo."""
    shown = value or secrets.token_urlsafe(32)
    now = clock.now()
    token = InitialAccessToken(
        label=label,
        digest=digest(shown),
        policy=msgspec.to_builtins(policy),
        quota=quota,
        created_at=now,
        expires_at=now + life,
    )
    db.session.add(token)
    db.session.flush()
    audit.record("registration_token.created", token_id=token.id, quota=quota)
    return token, shown


def list_all() -> list[InitialAccessToken]:
    """All tokens, the oldest first."""
    return list(db.session.scalars(select(InitialAccessToken).order_by(InitialAccessToken.created_at)))


def revoke(token_id: str) -> None:
    """Nobody registers with it any more; clients that were registered stay. Raises UnknownToken."""
    token = db.session.get(InitialAccessToken, token_id)
    if token is None:
        raise UnknownToken(token_id=token_id)
    token.revoked_at = token.revoked_at or clock.now()
    audit.record("registration_token.revoked", token_id=token_id)


def find(value: str) -> InitialAccessToken:
    """The live token of that value. Raises InvalidToken, the same whether unknown, expired or revoked."""
    query = select(InitialAccessToken).where(InitialAccessToken.digest == digest(value))
    token = db.session.scalar(query)
    if token is None or token.revoked_at is not None or token.expires_at <= clock.now():
        raise InvalidToken
    return token


def spend(token: InitialAccessToken) -> None:
    """Count one registration: one conditional UPDATE, so that parallel requests never pass the quota together.

    Raises QuotaReached.
    """
    statement = (
        update(InitialAccessToken)
        .where(InitialAccessToken.id == token.id, InitialAccessToken.used < InitialAccessToken.quota)
        .values(used=InitialAccessToken.used + 1)
        .returning(InitialAccessToken.id)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(statement).first() is None:
        raise QuotaReached(quota=token.quota)


def policy_of(token: InitialAccessToken) -> Policy:
    """Its ceilings."""
    return msgspec.convert(token.policy, Policy)
