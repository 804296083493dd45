"""What may be refused to somebody who works here."""

import datetime as dt

from idp.errors import Refusal


class StaffUnknown(Refusal):
    """No staff account has this login."""

    login: str


class LoginTaken(Refusal):
    """Another staff account has this login."""

    login: str


class LoginInvalid(Refusal):
    """A login is 3 to 40 of a-z, 0-9, dot and hyphen, and begins with a letter."""

    login: str


class RoleIncomplete(Refusal):
    """A school head has schools that exist, a support agent an académie that exists; `reason` names what lacks."""

    reason: str


class CredentialsRefused(Refusal):
    """Unknown login, wrong password, no second factor yet, or a disabled account: nobody is told which."""


class FactorRefused(Refusal):
    """The code, recovery code or passkey does not hold; `reason` is for the log alone."""

    reason: str


class MustWait(Refusal):
    """The account or the address must wait until `ends_at`."""

    ends_at: dt.datetime


class InvitationGone(Refusal):
    """The link is used, too old, replaced by a newer one, or none: nobody is told which."""


class LastFactor(Refusal):
    """The only second factor of an account is not removed: another one comes first."""


class TooManyFactors(Refusal):
    """The account has as many passkeys as it may."""
