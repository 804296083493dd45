"""What can go wrong upstream, each as the parent lives it; the words are the pages'."""

from idp.errors import Refusal


class UpstreamRefusal(Refusal):
    """The login upstream did not succeed. `reason` is for log and audit: a code, never what the upstream wrote."""

    reason: str = ""


class RequestExpired(UpstreamRefusal):
    """No request of this browser is under way under that state, or it is older than 30 minutes."""


class Cancelled(UpstreamRefusal):
    """The parent gave up upstream."""


class UpstreamFailed(UpstreamRefusal):
    """The upstream has a technical error of its own."""


class UpstreamMisconfigured(UpstreamRefusal):
    """The upstream refuses what we are or ask: our fault, with an alarm."""


class TookTooLong(UpstreamRefusal):
    """The code or the access token had ended, or was used."""


class NotAnswering(UpstreamRefusal):
    """The upstream did not answer in time, or its circuit is open."""


class Unverifiable(UpstreamRefusal):
    """What came back is not proven to be the upstream's word about this login."""


class AlreadyLinked(Refusal):
    """That identity belongs to another account."""


class NotLinked(Refusal):
    """The upstream is for linked accounts alone, and that identity is linked to none."""
