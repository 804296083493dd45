"""What authenticators answer: options for the browser, and the check of its answers (Web Authentication Level 3).

The challenge is the caller's to keep, for one use; origin and RP id come from the issuer alone (ATTACKS 107). Whose key
it is, is for the rooms that keep keys: parents' accounts and staff.
"""

import ipaddress
import json
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import Table
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp import clock
from idp.db import Base, db
from idp.errors import Refusal
from idp.settings import Settings

LONGEST_CREDENTIAL_ID = 1023
LONGEST_NAME = 60
LONGEST_RESPONSE = 20_000
TIMEOUT_MILLISECONDS = 300_000

Options = dict[str, Any]


class PasskeyRefused(Refusal):
    """The answer of an authenticator does not hold; `reason` is for the log alone."""

    reason: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """What an authenticator made."""

    credential_id: bytes
    public_key: bytes
    """COSE key."""
    sign_count: int
    synced: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was read, and not yet believed."""

    credential: dict[str, Any]
    credential_id: bytes
    handle: bytes


def is_possible(settings: Settings) -> bool:
    """Whether browsers take the issuer's host as an RP id: a name, not a number (Web Authentication §5.1.3)."""
    try:
        ipaddress.ip_address(_rp_id(settings))
    except ValueError:
        return True
    return False


def options_to_enrol(
    challenge: bytes, settings: Settings, *, handle: bytes, name: str, display_name: str, known: Sequence[bytes]
) -> Options:
    """What the browser asks the authenticator for: a key that names its owner by itself, and checks its user.

    `known` are the credentials that its owner has already.
    """
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(settings),
        rp_name=settings.site.name,
        user_id=handle,
        user_name=name,
        user_display_name=display_name,
        challenge=challenge,
        timeout=TIMEOUT_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key) for key in known],
    )
    return _as_json(options)


def verify_enrolment(response: str, challenge: bytes, settings: Settings) -> NewKey:
    """The key that answers the challenge. Raises PasskeyRefused."""
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
    if len(verified.credential_id) > LONGEST_CREDENTIAL_ID:
        raise PasskeyRefused(reason="CredentialTooLong")
    return NewKey(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        synced=verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
    )


def options_to_log_in(challenge: bytes, settings: Settings, *, known: Sequence[bytes] = ()) -> Options:
    """Without `known` nobody is named: the authenticator offers the keys that it has for us."""
    return _as_json(
        webauthn.generate_authentication_options(
            rp_id=_rp_id(settings),
            challenge=challenge,
            timeout=TIMEOUT_MILLISECONDS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=key) for key in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def read_answer(response: str) -> Answer:
    """The key and the user handle that an answer names (§7.2 step 6). Raises PasskeyRefused."""
    credential = _parse(response)
    try:
        credential_id = base64url_to_bytes(credential["id"])
        handle = base64url_to_bytes(credential["response"]["userHandle"])
    except Exception as error:
        raise PasskeyRefused(reason="Malformed") from error
    return Answer(credential, credential_id, handle)


def verify_answer(answer: Answer, challenge: bytes, settings: Settings, *, public_key: bytes, sign_count: int) -> int:
    """The authenticator's new counter. Raises PasskeyRefused."""
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer.credential,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(settings),
            expected_origin=_origin(settings),
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except Exception as error:
        raise PasskeyRefused(reason=type(error).__name__) from error
    return verified.new_sign_count


def count_use(kept: type[Base], key_id: str, before: int, after: int) -> None:
    """Note the counter of an answer that holds, in the table that keeps the key. Raises PasskeyRefused.

    One conditional UPDATE: of two answers with one counter, as a copied key gives them, one passes (§6.1.1).
    """
    table = kept.__table__
    assert isinstance(table, Table)
    statement = (
        table.update()
        .where(table.c.id == key_id, table.c.sign_count == before)
        .values(sign_count=after, last_used_at=clock.now())
        .returning(table.c.id)
    )
    if db.session.scalar(statement) is None:
        raise PasskeyRefused(reason="Counter")


def clean_name(name: str) -> str:
    """The name that its owner gives a key, as it may be shown."""
    return "".join(character for character in name.strip() if character.isprintable())[:LONGEST_NAME]


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
