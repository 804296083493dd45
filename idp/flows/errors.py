"""What may be refused to somebody on their way through a journey."""

import datetime as dt

from idp.errors import Refusal


class NoMatch(Refusal):
    """Nobody in the registry has these names and this mobile; which of them was wrong is told to nobody."""


class AlreadyRegistered(Refusal):
    """The responsables found belong to an account already."""


class MobileTooRecent(Refusal):
    """The school changed the mobile a short while ago: no registration with it before `ends_at`."""

    ends_at: dt.datetime


class Barred(Refusal):
    """Too many wrong birth dates: no self-registration before `ends_at`."""

    ends_at: dt.datetime


class SmsStopped(Refusal):
    """Self-registration by SMS is switched off, or the site's budget of SMS is used up."""


class TooManyCodes(Refusal):
    """The number got all the codes it may get; the next one may be asked for at `ends_at`."""

    ends_at: dt.datetime


class TriesUsedUp(TooManyCodes):
    """Too many wrong codes were typed for the number: none leaves and none is taken before `ends_at`."""


class TooManySearches(Refusal):
    """Too many searches from this address; the next one may be made at `ends_at`."""

    ends_at: dt.datetime


class WrongCode(Refusal):
    """Not the code that was sent; `tries_left` more may be made."""

    tries_left: int


class CodeExpired(Refusal):
    """The code is older than its life."""


class CodeKilled(Refusal):
    """Too many wrong tries: this code is dead."""


class WrongDates(Refusal):
    """One or more of the dates are wrong; which is told to nobody."""

    tries_left: int


class WrongStep(Refusal):
    """The flow is at another step: the page sends there."""


class TooManyRequests(Refusal):
    """Too many recovery requests from this address; the next one may be made at `ends_at`."""

    ends_at: dt.datetime


class ProofExpired(Refusal):
    """The link or the code that opened the way to a new password was used, is too old, or was overtaken."""


class SameAccount(Refusal):
    """The other account is this one."""


class DifferentPerson(Refusal):
    """The two accounts are not in the name of one person."""


class NotMergeable(Refusal):
    """One of the accounts is in a `state` that is not merged; `keeper` is where the other one went already."""

    state: str
    keeper: str


class NoChild(Refusal):
    """The registry links no child to the account today."""


class ChildrenChanged(Refusal):
    """The children to add are not those that were shown."""


class NotMerged(Refusal):
    """No account of that identifiant was closed by a merge that stands."""


class UndoTooLate(Refusal):
    """The merge could be undone until `ended_at`."""

    ended_at: dt.datetime


class AddressRefused(Refusal):
    """What was typed is no address to send to: `reason` is shape, different (the two are not the same) or likely_slip.

    For a likely slip `suggestion` is the address with its domain mended.
    """

    reason: str
    suggestion: str


class TooManyMails(Refusal):
    """The address, the account or the network address got all the mails it may get, until `ends_at`."""

    ends_at: dt.datetime


class SeveralAdults(Refusal):
    """Names and mobile fit several adults: somebody must look."""


class ChallengeGone(Refusal):
    """The challenge was used, is too old, or was given for another purpose."""


class NotSuspendable(Refusal):
    """An account in that `state` cannot be suspended."""

    state: str


class NotSuspended(Refusal):
    """The account is in another `state`: there is nothing to take back."""

    state: str


class ReasonMissing(Refusal):
    """What staff decide about an account needs a reason."""


class NothingToValidate(Refusal):
    """The account has no address that waits for its proof."""
