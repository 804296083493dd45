"""What runs, where it answers and keeps its records, and what it tells its keepers."""

from typing import Annotated, Literal

from msgspec import Meta

from idp.settings.section import Count, Port, Positive, Section


class Server(Section, frozen=True, kw_only=True):
    """Where the provider answers, and as whom."""

    issuer: str = "http://127.0.0.1:8000"
    """The issuer identifier: the https address that parents see, without a trailing slash."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Port = 8000
    """The port to listen on."""
    workers: Positive = 1
    """Processes; one a core."""
    threads: Positive = 8
    """Threads that answer requests, in each process."""
    trusted_proxies: Count = 0
    """How many proxies in front add X-Forwarded-* headers. 0: those headers change nothing."""
    demo: bool = False
    """Lets plain http work at 127.0.0.1 for the issuer, redirect URIs and fetches. Never outside one's own machine."""


class Database(Section, frozen=True, kw_only=True):
    """Where the records are."""

    url: str = "sqlite:///var/idp.db"
    """A SQLAlchemy address: `sqlite:///PATH` or `postgresql+psycopg://USER@HOST/NAME`."""
    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    """SQLite only. FULL survives a power cut; NORMAL survives a crash of the process, and is faster."""
    pool_size: Positive = 8
    """PostgreSQL connections kept by each process for pages."""


class Keys(Section, frozen=True, kw_only=True):
    """Signing and sealing keys."""

    directory: str = "keys"
    """The folder of the key files. They must be readable by the provider's user alone (mode 600)."""
    reload_seconds: Positive = 30
    """How often each process looks for new or retired keys."""


class Logs(Section, frozen=True, kw_only=True):
    """Logs, on the standard output. They hold no personal data."""

    form: Literal["json", "text"] = "json"
    """json: one object a line. text: key=value, for a person to read."""


class Metrics(Section, frozen=True, kw_only=True):
    """What Prometheus may ask, on a listener of its own: never let the outside reach it."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    """The port to listen on; 0: no listener."""


class Limits(Section, frozen=True, kw_only=True):
    """Limits by network address; those on money and secrets are always in the database."""

    store: str = "memory://"
    """`memory://` (each process counts) or `redis://HOST:PORT` (all count together)."""
    requests_per_address_per_minute: Positive = 600
    """Requests to forms from one address in a minute."""
