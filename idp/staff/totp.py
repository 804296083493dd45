"""Codes of an authenticator application (RFC 6238): six digits, 30 seconds, one step of drift either way."""

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

import segno
from sqlalchemy import or_, update

from idp import clock
from idp.db import db
from idp.staff.models import StaffAccount

STEP_SECONDS = 30
DRIFT = (0, -1, 1)


def new_secret() -> str:
    """160 random bits in base32 (RFC 4226 §4, R6)."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address(secret: str, login: str, site: str) -> str:
    """The `otpauth:` address that applications read."""
    return (
        f"otpauth://totp/{quote(site)}:{quote(login)}?{urlencode({'secret': secret, 'issuer': site}, quote_via=quote)}"
    )


def picture(address: str) -> str:
    """The address as a QR code: an inline SVG, without style and without a size of its own."""
    code = segno.make(address, error="m", micro=False)
    return str(
        code.svg_inline(border=4, scale=1, omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff")
    )


def code_of(secret: str, step: int) -> str:
    """The six digits of a time step (RFC 4226 §5.3 with RFC 6238 §4.2, SHA-1)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    mac = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    start = mac[-1] & 0x0F
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 1_000_000:06}"


def find_step(secret: str, code: str) -> int | None:
    """The time step of a right code; None for a wrong one. Each step is compared, whatever the first one gives."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdecimal() and len(typed) == 6):
        return None
    now = int(clock.now().timestamp()) // STEP_SECONDS
    steps = [now + drift for drift in DRIFT]
    right = [step for step in steps if hmac.compare_digest(code_of(secret, step), typed)]
    return right[0] if right else None


def take(staff: StaffAccount, code: str) -> bool:
    """Take the account's code. One conditional UPDATE: of two browsers with one code, one passes (RFC 6238 §5.2)."""
    secret = (staff.totp or {}).get("secret")
    step = find_step(secret, code) if secret else None
    if step is None:
        return False
    newer = or_(StaffAccount.totp_step.is_(None), StaffAccount.totp_step < step)
    statement = (
        update(StaffAccount)
        .where(StaffAccount.id == staff.id, newer)
        .values(totp_step=step)
        .returning(StaffAccount.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.scalar(statement) is not None
