"""Parents: their sessions, their login, and each way to an account."""

from typing import Annotated, Literal

from msgspec import Meta

from idp.settings.section import Count, Positive, Section


class Sessions(Section, frozen=True, kw_only=True):
    """How long a browser stays logged in."""

    idle_minutes: Positive = 30
    """A session without a request for that long ends."""
    absolute_hours: Positive = 12
    """A session ends after that long, whatever happens."""
    flow_minutes: Positive = 60
    """A journey (login, registration) may take that long."""


class Login(Section, frozen=True, kw_only=True):
    """Limits of the login page."""

    failures: Positive = 10
    """Wrong passwords on one account, within `window_minutes`, before it locks."""
    window_minutes: Positive = 15
    """The time over which failures are counted."""
    lock_minutes: Positive = 15
    """How long the lock lasts. A recovery lifts it."""
    slow_after: Positive = 3
    """From that failure on, each answer must wait a little longer before the next try (1, 2, 4, 8… seconds)."""
    failures_per_address: Positive = 100
    """Wrong passwords from one address within the window, before it must wait."""
    failures_in_total: Positive = 10000
    """Wrong passwords on the whole site within the window, before all logins slow down."""


class Passwords(Section, frozen=True, kw_only=True):
    """What a password must be, and how it is hashed."""

    policy: Literal["guide", "anssi"] = "guide"
    """guide: 8 to 14 unaccented characters, a letter and a digit. anssi: 12 to 128 characters, no composition rule."""
    argon2_memory_kib: Annotated[int, Meta(ge=8192)] = 19456
    """argon2id memory of one hash, in KiB. Once raised, older hashes answer faster until their account's next login."""
    argon2_time: Positive = 2
    """argon2id passes."""
    argon2_parallelism: Positive = 1
    """argon2id lanes."""
    concurrent_hashes: Count = 0
    """Hashes computed at the same time in one process; 0: one a core."""
    waiting_hashes: Positive = 64
    """Requests that may wait for a hash in one process; past it the answer is 503 with Retry-After."""


class SelfRegistration(Section, frozen=True, kw_only=True):
    """SMS self-registration."""

    date_tries: Positive = 5
    """Wrong submissions of the children's dates that close the flow."""
    bar_hours: Positive = 24
    """How long the responsable is then barred."""
    matches_per_address_per_hour: Positive = 60
    """Searches for a responsable from one address in an hour."""


class Recovery(Section, frozen=True, kw_only=True):
    """Lost identifiant, lost password, and the changes of the account page."""

    enumeration: Literal["explicit", "uniform"] = "explicit"
    """explicit: the page tells an unknown address or identifiant (the guide). uniform: one page, whatever is typed."""
    link_minutes: Positive = 30
    """Life of a reset link, and of a proof by SMS."""
    requests_per_target_per_hour: Positive = 3
    """Mails that one account or address may be sent in an hour; past it the page stays the same and nothing leaves."""
    requests_per_target_per_day: Positive = 10
    """The same, in a day."""
    requests_per_address_per_hour: Positive = 60
    """Requests from one network address in an hour."""
    email_link_hours: Positive = 168
    """Life of the link that validates a new e-mail address."""
    not_me_days: Positive = 7
    """How long «ce n'est pas moi» in the mail to the old address works."""


class EmailValidation(Section, frozen=True, kw_only=True):
    """«Vérification Mail»: the mail that proves an address."""

    link_days: Positive = 7
    """Life of the link."""
    per_address_per_day: Positive = 5
    """Mails to one address in a day."""
    per_account_per_day: Positive = 10
    """Mails asked for by one account in a day, whatever the address."""
    per_source_per_hour: Positive = 60
    """Mails asked for from one network address in an hour."""
