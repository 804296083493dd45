"""Setting up what lets somebody in: the password of an invitation, a second factor, the recovery codes that go with it.

What an unfinished step waits for is sealed in the session's row: a challenge for one use, a secret not yet confirmed.
"""

import datetime as dt
import secrets

from idp import audit, clock
from idp.db import db
from idp.settings import Settings
from idp.staff import invitations, passkeys, recovery_codes, sessions, totp
from idp.staff.errors import FactorRefused
from idp.staff.models import StaffSession

CHALLENGE_LIFE = dt.timedelta(minutes=5)


def give_challenge(session: StaffSession) -> bytes:
    """A new challenge; the one before it is worth nothing from now on."""
    challenge = secrets.token_bytes(32)
    at = clock.to_milliseconds(clock.now())
    session.waiting = {**(session.waiting or {}), "challenge": challenge.hex(), "at": at}
    db.session.flush()
    return challenge


def take_challenge(session: StaffSession) -> bytes:
    """The session's challenge, used up by this, whatever is answered to it. Commits. Raises FactorRefused."""
    db.session.refresh(session, with_for_update=True)
    waiting = dict(session.waiting or {})
    challenge, at = waiting.pop("challenge", None), waiting.pop("at", 0)
    session.waiting = waiting
    db.session.commit()
    if challenge is None or clock.from_milliseconds(at) + CHALLENGE_LIFE <= clock.now():
        raise FactorRefused(reason="challenge")
    return bytes.fromhex(challenge)


def totp_secret(session: StaffSession) -> str:
    """The secret that this browser is setting up: the same when the page is reloaded."""
    waiting = session.waiting or {}
    if "totp" not in waiting:
        session.waiting = waiting = {**waiting, "totp": totp.new_secret()}
        db.session.flush()
    return str(waiting["totp"])


def enrol_totp(session: StaffSession, code: str) -> None:
    """Keep the secret once the application gave a right code. Raises FactorRefused."""
    secret = (session.waiting or {}).get("totp")
    step = totp.find_step(secret, code) if secret else None
    if step is None:
        raise FactorRefused(reason="code")
    session.staff.totp, session.staff.totp_step = {"secret": secret}, step
    db.session.flush()
    audit.record("staff.totp_added", by=session.staff.by)


def enrol_passkey(session: StaffSession, response: str, name: str, settings: Settings) -> None:
    """Keep the key that answers the session's challenge. Raises FactorRefused, PasskeyRefused, TooManyFactors."""
    passkeys.enrol(session.staff, response, take_challenge(session), name, settings)


def finish(session: StaffSession, settings: Settings) -> tuple[str, list[str]]:
    """The first second factor is there: the new cookie of an open session, and recovery codes to be shown once.

    Uses the invitation up. Raises InvitationGone.
    """
    assert session.invitation is not None
    invitations.use(session.invitation)
    codes = recovery_codes.renew(session.staff)
    return sessions.open(session, settings.staff), codes
