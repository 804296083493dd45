"""Who works here: school heads, support agents, administrators."""

from typing import Annotated

from msgspec import Meta

from idp.settings.section import Positive, Section


class Staff(Section, frozen=True, kw_only=True):
    """The consoles under /gestion."""

    idle_minutes: Positive = 30
    """A session without a request for that long ends."""
    absolute_hours: Annotated[int, Meta(ge=1, le=24)] = 8
    """A session ends after that long, whatever happens."""
    confirmed_minutes: Positive = 5
    """How long a second factor holds for dangerous acts; past it, it is asked once more."""
    invitation_hours: Positive = 72
    """Life of the link by which somebody chooses a password and a second factor."""
    consent_hours: Positive = 24
    """How long a second administrator may take to confirm what one proposes."""
    failures: Positive = 10
    """Wrong passwords on one account within `window_minutes`, from one address or one known browser, before a wait."""
    failures_of_strangers: Positive = 100
    """Wrong passwords on one account from all browsers in which its owner has never logged in."""
    known_browser_days: Positive = 90
    """How long a browser in which somebody logged in is not kept out by what strangers try."""
    factor_failures: Positive = 5
    """Wrong codes of a second factor within `window_minutes`, from one known browser or all others, before a wait."""
    failures_per_address: Positive = 30
    """Passwords and codes tried from one address within `window_minutes`, before browsers that are not known wait."""
    window_minutes: Positive = 15
    """The time over which failures are counted, and the wait."""
    upload_mib: Annotated[int, Meta(ge=1, le=100)] = 8
    """The largest school file that a school head may send, in MiB."""
    files_per_hour: Positive = 60
    """Files that one support agent opens in an hour before an alarm is logged."""
