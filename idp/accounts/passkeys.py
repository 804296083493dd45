"""Passkeys: keys in a telephone or computer that open an account without a password (Web Authentication Level 3).

The challenge is the caller's to keep, for one use; origin and RP id come from the issuer alone (ATTACKS 107).
"""

import datetime as dt
import ipaddress
import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import ForeignKey, LargeBinary, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp import audit, clock
from idp.accounts.errors import PasskeyRefused, TooManyPasskeys
from idp.accounts.models import Account
from idp.db import Base, db, new_id
from idp.settings import Settings

MOST = 10
"""Passkeys of one account."""
LONGEST_NAME = 60
LONGEST_RESPONSE = 20_000
TIMEOUT_MILLISECONDS = 300_000

Options = dict[str, Any]


class Passkey(Base):
    """A public key. The private one never leaves the authenticator."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
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


def is_possible(settings: Settings) -> bool:
    """Whether browsers take the issuer's host as an RP id: a name, not a number (Web Authentication §5.1.3)."""
    try:
        ipaddress.ip_address(_rp_id(settings))
    except ValueError:
        return True
    return False


def of(account_id: str) -> list[Passkey]:
    """The account's passkeys, the oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id)))


def find(account_id: str, passkey_id: str) -> Passkey | None:
    """The account's own passkey of that id."""
    return db.session.scalar(select(Passkey).where(Passkey.id == passkey_id, Passkey.account_id == account_id))


def options_to_enrol(account: Account, challenge: bytes, settings: Settings) -> Options:
    """What the browser asks the authenticator for: a key that names its account by itself, and checks its user."""
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(settings),
        rp_name=settings.site.name,
        user_id=_handle(account.id),
        user_name=account.identifiant,
        user_display_name=f"{account.first_name} {account.usage_name or account.family_name}",
        challenge=challenge,
        timeout=TIMEOUT_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in of(account.id)],
    )
    return _as_json(options)


def enrol(account: Account, response: str, challenge: bytes, name: str, settings: Settings) -> Passkey:
    """Keep the key that answers the challenge. Raises PasskeyRefused, TooManyPasskeys."""
    if len(of(account.id)) >= MOST:
        raise TooManyPasskeys
    credential = _parse(response)
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(settings),
            expected_origin=_origin(settings),
            require_user_verification=True,
        )
    except Exception as error:
        # The parsers below raise whatever a crafted answer makes them: each is a refusal, none a crash.
        raise PasskeyRefused(reason=type(error).__name__) from error
    taken = select(Passkey.id).where(Passkey.credential_id == verified.credential_id)
    if db.session.scalar(taken) or len(verified.credential_id) > 1023:
        raise PasskeyRefused(reason="CredentialKnown")
    passkey = Passkey(
        account_id=account.id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        synced=verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        name=_clean(name),
        created_at=clock.now(),
    )
    db.session.add(passkey)
    db.session.flush()
    audit.record("passkey.added", account_id=account.id, passkey_id=passkey.id)
    return passkey


def options_to_log_in(challenge: bytes, settings: Settings) -> Options:
    """No account is named: the authenticator offers the keys that it has for us."""
    return _as_json(
        webauthn.generate_authentication_options(
            rp_id=_rp_id(settings),
            challenge=challenge,
            timeout=TIMEOUT_MILLISECONDS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def authenticate(response: str, challenge: bytes, settings: Settings) -> Passkey:
    """The passkey that answers the challenge. Raises PasskeyRefused, whoever's key it is or is not."""
    credential = _parse(response)
    passkey = _named(credential)
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(settings),
            expected_origin=_origin(settings),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception as error:
        audit.record("passkey.refused", account_id=passkey.account_id, passkey_id=passkey.id)
        raise PasskeyRefused(reason=type(error).__name__) from error
    _count(passkey, verified.new_sign_count)
    return passkey


def rename(passkey: Passkey, name: str) -> None:
    """Give it a name of its owner's."""
    passkey.name = _clean(name) or passkey.name
    audit.record("passkey.renamed", account_id=passkey.account_id, passkey_id=passkey.id)


def remove(passkey: Passkey) -> None:
    """Forget the key: it opens nothing from now on."""
    audit.record("passkey.removed", account_id=passkey.account_id, passkey_id=passkey.id)
    db.session.execute(delete(Passkey).where(Passkey.id == passkey.id))


def _named(credential: dict[str, Any]) -> Passkey:
    """The passkey that the answer names, with the user handle of its account (§7.2 step 6)."""
    try:
        credential_id = base64url_to_bytes(credential["id"])
        handle = base64url_to_bytes(credential["response"]["userHandle"])
    except Exception as error:
        raise PasskeyRefused(reason="Malformed") from error
    passkey = db.session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))
    if passkey is None or handle != _handle(passkey.account_id):
        raise PasskeyRefused(reason="Unknown")
    return passkey


def _count(passkey: Passkey, new: int) -> None:
    """One conditional UPDATE: of two answers with one counter, as a copied key gives them, one passes (§6.1.1)."""
    statement = (
        update(Passkey)
        .where(Passkey.id == passkey.id, Passkey.sign_count == passkey.sign_count)
        .values(sign_count=new, last_used_at=clock.now())
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    if db.session.scalar(statement) is None:
        raise PasskeyRefused(reason="Counter")
    db.session.refresh(passkey)


def _parse(response: str) -> dict[str, Any]:
    """The browser's answer; one that was made inside a frame of another site is refused (§7.1 step 9)."""
    if len(response) > LONGEST_RESPONSE:
        raise PasskeyRefused(reason="TooLong")
    try:
        credential: dict[str, Any] = json.loads(response)
        client_data = json.loads(_bytes(credential["response"]["clientDataJSON"]))
        crossed = client_data.get("crossOrigin", False) is not False or "topOrigin" in client_data
    except Exception as error:
        raise PasskeyRefused(reason="Malformed") from error
    if crossed:
        raise PasskeyRefused(reason="CrossOrigin")
    return credential


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _as_json(options: Any) -> Options:
    made: Options = json.loads(webauthn.options_to_json(options))
    return made


def _rp_id(settings: Settings) -> str:
    return urlsplit(settings.server.issuer).hostname or ""


def _origin(settings: Settings) -> str:
    parts = urlsplit(settings.server.issuer)
    return f"{parts.scheme}://{parts.netloc}"


def _handle(account_id: str) -> bytes:
    """The user handle: the account's id, which tells nothing about a person (§14.6.1)."""
    return bytes.fromhex(account_id)


def _clean(name: str) -> str:
    return "".join(character for character in name.strip() if character.isprintable())[:LONGEST_NAME]
