"""Passkeys: keys in a telephone or computer that open an account without a password (`idp.authenticators`)."""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from idp import audit, authenticators, clock
from idp.accounts.errors import TooManyPasskeys
from idp.accounts.models import Account
from idp.authenticators import LONGEST_CREDENTIAL_ID, LONGEST_NAME, Options, PasskeyRefused
from idp.db import Base, db, new_id
from idp.settings import Settings

MOST = 10
"""Passkeys of one account."""


class Passkey(Base):
    """A public key. The private one never leaves the authenticator."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(LONGEST_CREDENTIAL_ID), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    """COSE key."""
    sign_count: Mapped[int]
    """The authenticator's counter at the last use; 0 for ever where it has none."""
    synced: Mapped[bool]
    """Copied between devices by their maker; otherwise bound to one device."""
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    created_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime | None]

    @property
    def amr(self) -> str:
        """RFC 8176: a key in software or hardware, somebody present, verified by the authenticator."""
        return f"{'swk' if self.synced else 'hwk'} user mfa"


def of(account_id: str) -> list[Passkey]:
    """The account's passkeys, the oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id)))


def find(account_id: str, passkey_id: str) -> Passkey | None:
    """The account's own passkey of that id."""
    return db.session.scalar(select(Passkey).where(Passkey.id == passkey_id, Passkey.account_id == account_id))


def options_to_enrol(account: Account, challenge: bytes, settings: Settings) -> Options:
    """What the browser asks the authenticator for."""
    return authenticators.options_to_enrol(
        challenge,
        settings,
        handle=_handle(account.id),
        name=account.identifiant,
        display_name=f"{account.first_name} {account.usage_name or account.family_name}",
        known=[key.credential_id for key in of(account.id)],
    )


def enrol(account: Account, response: str, challenge: bytes, name: str, settings: Settings) -> Passkey:
    """Keep the key that answers the challenge. Raises PasskeyRefused, TooManyPasskeys."""
    if len(of(account.id)) >= MOST:
        raise TooManyPasskeys
    key = authenticators.verify_enrolment(response, challenge, settings)
    if db.session.scalar(select(Passkey.id).where(Passkey.credential_id == key.credential_id)):
        raise PasskeyRefused(reason="CredentialKnown")
    passkey = Passkey(
        account_id=account.id,
        credential_id=key.credential_id,
        public_key=key.public_key,
        sign_count=key.sign_count,
        synced=key.synced,
        name=authenticators.clean_name(name),
        created_at=clock.now(),
    )
    db.session.add(passkey)
    db.session.flush()
    audit.record("passkey.added", account_id=account.id, passkey_id=passkey.id)
    return passkey


def authenticate(response: str, challenge: bytes, settings: Settings) -> Passkey:
    """The passkey that answers the challenge. Raises PasskeyRefused, whoever's key it is or is not."""
    answer = authenticators.read_answer(response)
    passkey = db.session.scalar(select(Passkey).where(Passkey.credential_id == answer.credential_id))
    if passkey is None or answer.handle != _handle(passkey.account_id):
        raise PasskeyRefused(reason="Unknown")
    try:
        counter = authenticators.verify_answer(
            answer, challenge, settings, public_key=passkey.public_key, sign_count=passkey.sign_count
        )
    except PasskeyRefused:
        audit.record("passkey.refused", account_id=passkey.account_id, passkey_id=passkey.id)
        raise
    authenticators.count_use(Passkey, passkey.id, passkey.sign_count, counter)
    db.session.refresh(passkey)
    return passkey


def rename(passkey: Passkey, name: str) -> None:
    """Give it a name of its owner's."""
    passkey.name = authenticators.clean_name(name) or passkey.name
    audit.record("passkey.renamed", account_id=passkey.account_id, passkey_id=passkey.id)


def remove(passkey: Passkey) -> None:
    """Forget the key: it opens nothing from now on."""
    audit.record("passkey.removed", account_id=passkey.account_id, passkey_id=passkey.id)
    db.session.execute(delete(Passkey).where(Passkey.id == passkey.id))


def _handle(account_id: str) -> bytes:
    """The user handle: the account's id, which tells nothing about a person (§14.6.1)."""
    return bytes.fromhex(account_id)
