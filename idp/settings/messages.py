"""What leaves for a parent: SMS, mails, letters, and the worker that sends them."""

from typing import Annotated, Literal

from msgspec import Meta

from idp.settings.section import Port, Positive, Section


class Sms(Section, frozen=True, kw_only=True):
    """Codes by SMS. Each costs money: the limits are counted in the database."""

    driver: Literal["none", "http", "ovh", "kannel"] = "none"
    """The gateway: none (SMS stay in the outbox), http (generic), ovh, kannel."""
    url: str = ""
    """The gateway's address: the whole URL for http, the base for kannel (…/cgi-bin/sendsms) and ovh."""
    username: str = ""
    """kannel: user. ovh: application key. http: user for Basic authentication."""
    password: str = ""
    """kannel, http: password. ovh: application secret."""
    consumer_key: str = ""
    """ovh: consumer key."""
    service: str = ""
    """ovh: service name (sms-xx00000-1)."""
    sender: str = "EduConnect"
    """The sender shown, 3 to 11 letters and digits."""
    timeout_seconds: Positive = 10
    """How long the gateway may take to answer."""
    enabled: bool = True
    """The kill switch: false stops self-registration by SMS, and says so on the page."""
    code_lifetime_minutes: Positive = 30
    """Life of a code."""
    code_tries: Positive = 5
    """Wrong tries that kill a code."""
    tries_per_number_per_day: Positive = 15
    """Wrong tries a day on one number, over all flows."""
    resend_after_seconds: Positive = 60
    """Wait before a new code may be asked for."""
    per_number_per_hour: Positive = 3
    """Codes sent to one number in an hour."""
    per_number_per_day: Positive = 6
    """Codes sent to one number in a day."""
    budget_per_hour: Positive = 5000
    """Codes sent by the whole site in an hour."""
    alarm_percent: Annotated[int, Meta(ge=1, le=100)] = 80
    """Share of the hourly budget from which an alarm is logged."""
    foreign_countries: tuple[str, ...] = ()
    """Calling codes outside France that may get a code, such as "32". None by default: cost and fraud."""


class Mail(Section, frozen=True, kw_only=True):
    """Mail by an SMTP relay."""

    host: str = ""
    """The relay; empty: mails stay in the outbox."""
    port: Port = 587
    """Its port."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """starttls and tls verify the certificate and never fall back; none only for a relay on this machine."""
    username: str = ""
    """User, empty when the relay asks for none."""
    password: str = ""
    """Password."""
    sender: str = "ne-pas-repondre@localhost"
    """Address of the sender."""
    sender_name: str = "Administrateur des services en ligne"
    """Name of the sender (the guide's)."""
    bounce_address: str = ""
    """Where mails come back (the envelope's sender); empty: the sender. docs/returned-mails.md"""
    ca_file: str = ""
    """A CA bundle of one's own for the relay's certificate."""
    timeout_seconds: Positive = 10
    """How long the relay may take to answer."""


class Worker(Section, frozen=True, kw_only=True):
    """Delivery of messages and housekeeping."""

    poll_milliseconds: Positive = 500
    """How often an idle worker looks for messages."""
    lease_seconds: Positive = 60
    """How long a worker may hold a message before another takes it."""
    batch: Positive = 20
    """Messages taken at once."""
    attempts: Positive = 8
    """Tries before a message is a dead letter."""
    backoff_seconds: Positive = 5
    """Wait after the first failure; doubled at each one, up to an hour."""


class Letters(Section, frozen=True, kw_only=True):
    """Letters that a school prints, with an identifiant and a provisional password."""

    valid_days: Positive = 92
    """How long a letter works."""
    per_file: Annotated[int, Meta(ge=1, le=500)] = 100
    """Letters in one PDF; more letters make more files. Each takes about a megabyte of memory while it is made."""
