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


class EmailInvalid(Refusal):
    """The text is no e-mail address."""


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


class OwnAct(Refusal):
    """Nobody acts on the own account, and nobody confirms what they proposed."""


class NotReady(Refusal):
    """The account's state does not let this be done to it: closed, not in use yet, or done already."""


class AlreadyProposed(Refusal):
    """The same is waiting for a second administrator already."""


class NobodyToConfirm(Refusal):
    """There is no other administrator who could confirm: the command on the server is the way."""


class ProposalGone(Refusal):
    """The proposal is decided, too old, or by somebody who is no administrator any more."""
