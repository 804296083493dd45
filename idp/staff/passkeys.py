"""Passkeys of staff: a second factor in a telephone, a computer or a key (`idp.authenticators`)."""

from sqlalchemy import delete, select

from idp import audit, authenticators, clock
from idp.authenticators import Options, PasskeyRefused
from idp.db import db
from idp.settings import Settings
from idp.staff.errors import LastFactor, TooManyFactors
from idp.staff.models import StaffAccount, StaffPasskey

MOST = 10


def of(staff_id: str) -> list[StaffPasskey]:
    """The account's passkeys, the oldest first."""
    query = select(StaffPasskey).where(StaffPasskey.staff_id == staff_id).order_by(StaffPasskey.id)
    return list(db.session.scalars(query))


def options_to_enrol(staff: StaffAccount, challenge: bytes, settings: Settings) -> Options:
    """What the browser asks the authenticator for."""
    return authenticators.options_to_enrol(
        challenge,
        settings,
        handle=bytes.fromhex(staff.id),
        name=staff.login,
        display_name=staff.name,
        known=[key.credential_id for key in of(staff.id)],
    )


def enrol(staff: StaffAccount, response: str, challenge: bytes, name: str, settings: Settings) -> StaffPasskey:
    """Keep the key that answers the challenge. Raises PasskeyRefused, TooManyFactors."""
    if len(of(staff.id)) >= MOST:
        raise TooManyFactors
    key = authenticators.verify_enrolment(response, challenge, settings)
    if db.session.scalar(select(StaffPasskey.id).where(StaffPasskey.credential_id == key.credential_id)):
        raise PasskeyRefused(reason="CredentialKnown")
    passkey = StaffPasskey(
        staff_id=staff.id,
        credential_id=key.credential_id,
        public_key=key.public_key,
        sign_count=key.sign_count,
        name=authenticators.clean_name(name) or "Clé",
        created_at=clock.now(),
    )
    db.session.add(passkey)
    db.session.flush()
    audit.record("staff.passkey_added", by=staff.by, passkey_id=passkey.id)
    return passkey


def options_to_confirm(staff: StaffAccount, challenge: bytes, settings: Settings) -> Options:
    """The account is known by its password already: its own keys are named."""
    return authenticators.options_to_log_in(challenge, settings, known=[key.credential_id for key in of(staff.id)])


def confirm(staff: StaffAccount, response: str, challenge: bytes, settings: Settings) -> None:
    """Take the answer of one of the account's own keys. Raises PasskeyRefused, whoever's key it is."""
    answer = authenticators.read_answer(response)
    own = select(StaffPasskey).where(StaffPasskey.credential_id == answer.credential_id)
    key = db.session.scalar(own.where(StaffPasskey.staff_id == staff.id))
    if key is None or answer.handle not in (b"", bytes.fromhex(staff.id)):
        raise PasskeyRefused(reason="Unknown")
    counter = authenticators.verify_answer(
        answer, challenge, settings, public_key=key.public_key, sign_count=key.sign_count
    )
    authenticators.count_use(StaffPasskey, key.id, key.sign_count, counter)


def remove(staff: StaffAccount, passkey_id: str) -> bool:
    """Forget one of the account's keys; whether there was one. Raises LastFactor."""
    own = of(staff.id)
    if not any(key.id == passkey_id for key in own):
        return False
    if len(own) == 1 and not staff.totp:
        raise LastFactor
    db.session.execute(delete(StaffPasskey).where(StaffPasskey.id == passkey_id))
    audit.record("staff.passkey_removed", by=staff.by, passkey_id=passkey_id)
    return True
