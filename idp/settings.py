"""Settings: one TOML file and the environment (`IDP_SECTION__KEY`), typed; every error is told at once.

The docstring under each field is its documentation: `config.example.toml` is made from it (`idp settings example`).
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from idp.errors import ConfigurationError

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=1, le=65535)]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A table of the settings file."""


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


class Sessions(Section, frozen=True, kw_only=True):
    """How long a browser stays logged in."""

    idle_minutes: Positive = 30
    """A session without a request for that long ends."""
    absolute_hours: Positive = 12
    """A session ends after that long, whatever happens."""
    flow_minutes: Positive = 60
    """A journey (login, registration) may take that long."""


class Tokens(Section, frozen=True, kw_only=True):
    """Lifetimes of what relying parties get."""

    code_seconds: Annotated[int, Meta(ge=1, le=60)] = 60
    """Life of an authorization code."""
    access_token_seconds: Positive = 300
    """Life of an access token."""
    id_token_seconds: Positive = 300
    """Life of an ID token."""
    refresh_grace_seconds: Annotated[int, Meta(ge=0, le=60)] = 0
    """How long the refresh token before the last still works, for an answer lost on the way. 0: not at all."""
    dpop_nonce: bool = False
    """Asks for a nonce of the server in every DPoP proof (RFC 9449 §8)."""
    refresh_token_days: Positive = 30
    """Life of a refresh token family with offline_access. Without it, refresh tokens die with the session."""
    leeway_seconds: Annotated[int, Meta(ge=0, le=60)] = 30
    """Clock difference accepted in what others signed."""


class Protocol(Section, frozen=True, kw_only=True):
    """What relying parties may ask for beyond the authorization code flow."""

    require_pushed_requests: bool = False
    """Every authorization request must be pushed first (RFC 9126)."""
    pushed_request_seconds: Annotated[int, Meta(ge=5, le=600)] = 90
    """How long a pushed request waits for its browser."""
    request_uri: bool = False
    """Reads request objects at addresses that clients registered (`request_uris`)."""
    unsigned_request_objects: bool = False
    """Takes unsigned request objects from clients that registered `request_object_signing_alg` none."""
    front_channel_tokens: bool = False
    """Lets clients that registered them use implicit and hybrid response types: tokens in the browser's address."""
    device_code_minutes: Positive = 10
    """How long somebody has to type the code of a device (a screen, a kiosk) on the page /appareil."""
    device_code_tries: Positive = 5
    """Wrong codes of one account within a quarter of an hour."""


class Clients(Section, frozen=True, kw_only=True):
    """Client applications that authenticate themselves."""

    failures: Positive = 20
    """Wrong secrets, assertions or certificates of one client from one address, before this address is refused."""
    failure_window_minutes: Positive = 15
    """The time over which failures are counted, and the address refused."""


class Mtls(Section, frozen=True, kw_only=True):
    """Client certificates (RFC 8705), which a proxy in front passes in a header."""

    header: str = ""
    """Name of the header with the certificate, such as "Client-Cert". Empty: no certificate is looked at."""
    format: Literal["rfc9440", "nginx"] = "rfc9440"
    """rfc9440 (`:base64 of DER:`), or nginx (`$ssl_client_escaped_cert`)."""
    verdict_header: str = ""
    """Name of the header that says SUCCESS when the chain leads to a known authority; tls_client_auth needs it."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of the proxies that may send these headers; from anywhere else they are dropped."""
    endpoint_base: str = ""
    """Address of the host that asks for certificates, told as mtls_endpoint_aliases. Empty: the issuer's own."""


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
    """argon2id memory of one hash, in KiB."""
    argon2_time: Positive = 2
    """argon2id passes."""
    argon2_parallelism: Positive = 1
    """argon2id lanes."""
    concurrent_hashes: Count = 0
    """Hashes computed at the same time in one process; 0: one a core."""
    waiting_hashes: Positive = 64
    """Requests that may wait for a hash in one process; past it the answer is 503 with Retry-After."""


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


class Registry(Section, frozen=True, kw_only=True):
    """School files and what school heads correct."""

    correction_delay_hours: Count = 0
    """How long a school head's correction waits before it counts. 0: at once."""
    mobile_wait_hours: Count = 48
    """How long nobody registers with a mobile that took the place of another; the old number is told meanwhile."""
    most_mobile_notices_per_hour: Positive = 500
    """SMS that tell old numbers of a change, over the whole site in an hour; the others leave in the hours after."""


class Onde(Section, frozen=True, kw_only=True):
    """ONDE's CSV extractions."""

    aliases: dict[
        Literal["pupils", "persons", "children"],
        dict[
            Literal[
                "family_name",
                "usage_name",
                "first_name",
                "birth_on",
                "sex",
                "ine",
                "level",
                "class_label",
                "class_code",
                "civility",
                "address",
                "postcode",
                "commune",
                "country",
                "email",
                "home",
                "work",
                "mobile",
                "child_usage_name",
                "child_family_name",
                "child_first_name",
                "child_class",
            ],
            list[str],
        ],
    ] = msgspec.field(default_factory=dict)
    """More headers of columns, by table and column: `[onde.aliases.pupils]`, then `birth_on = ["Né le"]`."""


class Letters(Section, frozen=True, kw_only=True):
    """Letters that a school prints, with an identifiant and a provisional password."""

    valid_days: Positive = 92
    """How long a letter works."""
    per_file: Annotated[int, Meta(ge=1, le=500)] = 100
    """Letters in one PDF; more letters make more files. Each takes about a megabyte of memory while it is made."""


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


class Contact(Section, frozen=True, kw_only=True):
    """The assistance team, shown at the foot of each page."""

    name: str = "Assistance de l’académie"
    """Name of the team."""
    hours: str = "du lundi au vendredi, de 8 h à 18 h"
    """Opening hours."""
    phone: str = ""
    """Telephone number."""
    email: str = ""
    """E-mail address."""


class Site(Section, frozen=True, kw_only=True):
    """The pages."""

    name: str = "ÉduConnect"
    """The service's name."""
    portal_url: str = ""
    """Where a login goes that no service asked for: the portal's address."""
    theme: str = ""
    """A folder of the deployer: `templates/` replaces pages, `theme.css` is loaded after the stylesheet."""
    languages: tuple[str, ...] = ("fr", "en")
    """Languages offered, the default first."""


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


class Fetching(Section, frozen=True, kw_only=True):
    """Requests to addresses that client applications registered: key sets, logos, back-channel logout."""

    ca_file: str = ""
    """A CA bundle of one's own, trusted beside the public authorities."""
    private_addresses: tuple[str, ...] = ()
    """Private addresses or networks that may be reached, such as "10.1.2.0/24". None by default."""
    timeout_seconds: Positive = 3
    """How long one request may take in all."""
    maximum_kib: Positive = 64
    """The largest answer read, in KiB."""
    key_set_seconds: Positive = 300
    """How long a client's fetched keys are used before they are asked for again."""


class FranceConnect(Section, frozen=True, kw_only=True):
    """Login by FranceConnect."""

    issuer: str = ""
    """Its issuer: `https://oidc.franceconnect.gouv.fr/api/v2`, or the sandbox's. Empty: no button."""
    client_id: str = ""
    """The identifier that FranceConnect gave (64 hexadecimal digits)."""
    client_secret: str = ""
    """The secret that FranceConnect gave. The environment is the place for it: IDP_FRANCECONNECT__CLIENT_SECRET."""
    authentication: Literal["client_secret_post", "private_key_jwt"] = "client_secret_post"
    """How the provider authenticates there; private_key_jwt signs with the current key of `alg`."""
    alg: Literal["ES256", "RS256"] = "ES256"
    """The algorithm registered there for ID tokens and userinfo; any other is refused."""
    scopes: tuple[str, ...] = (
        "openid",
        "given_name",
        "family_name",
        "preferred_username",
        "gender",
        "birthdate",
        "birthplace",
        "birthcountry",
        "email",
    )
    """What is asked about a parent who is not linked yet; FranceConnect shows it to the parent."""
    scopes_known: tuple[str, ...] = ("openid",)
    """What is asked when this browser has linked its account before."""
    button_file: str = ""
    """The official picture of the button, as the deployer got it (SVG or PNG); empty: the button is drawn."""


class UpstreamProvider(Section, frozen=True, kw_only=True):
    """Login by one more OpenID provider, found by discovery."""

    issuer: str = ""
    """Its issuer. Empty: none."""
    name: str = "Mon autre compte"
    """What the button says."""
    client_id: str = ""
    """The identifier registered there."""
    client_secret: str = ""
    """The secret registered there."""
    authentication: Literal["client_secret_basic", "client_secret_post", "private_key_jwt"] = "client_secret_basic"
    """How the provider authenticates there."""
    alg: Literal["RS256", "PS256", "ES256", "EdDSA"] = "RS256"
    """The algorithm registered there for ID tokens (and userinfo, where signed); any other is refused."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    """Scopes asked for."""
    acr_values: tuple[str, ...] = ()
    """Levels asked for; one of them must be reached."""
    pkce: bool = True
    """Proof key for code exchange, S256."""
    signed_userinfo: bool = False
    """Whether userinfo is a signed token; plain JSON is then refused."""
    matching: Literal["proof", "linked"] = "proof"
    """proof: an unknown identity gives the proofs that FranceConnect's does. linked: only linked accounts log in."""
    claim_given_name: str = "given_name"
    """Name of the claim with the given names."""
    claim_family_name: str = "family_name"
    """Name of the claim with the birth name."""
    claim_usage_name: str = "preferred_username"
    """Name of the claim with the usage name."""
    claim_birthdate: str = "birthdate"
    """Name of the claim with the birth date (YYYY-MM-DD)."""
    claim_gender: str = "gender"
    """Name of the claim with the gender (female, male)."""
    claim_email: str = "email"
    """Name of the claim with the e-mail address, which is proposed and never trusted."""


class Registration(Section, frozen=True, kw_only=True):
    """Dynamic client registration. It needs an initial access token: `idp clients token add`."""

    open: bool = False
    """Lets anybody register without an initial access token."""
    open_scope: str = "openid profile email"
    """The most that a client registered so may ask for. Never `eleves`."""
    open_per_address_per_hour: Positive = 10
    """Registrations without a token from one address in an hour."""
    software_statement_issuers: tuple[str, ...] = ()
    """Files, each a JWK Set with a member "issuer": whose software statements are believed (RFC 7591 §2.3)."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, by section."""

    server: Server = msgspec.field(default_factory=Server)
    database: Database = msgspec.field(default_factory=Database)
    keys: Keys = msgspec.field(default_factory=Keys)
    sessions: Sessions = msgspec.field(default_factory=Sessions)
    tokens: Tokens = msgspec.field(default_factory=Tokens)
    protocol: Protocol = msgspec.field(default_factory=Protocol)
    clients: Clients = msgspec.field(default_factory=Clients)
    mtls: Mtls = msgspec.field(default_factory=Mtls)
    login: Login = msgspec.field(default_factory=Login)
    passwords: Passwords = msgspec.field(default_factory=Passwords)
    sms: Sms = msgspec.field(default_factory=Sms)
    mail: Mail = msgspec.field(default_factory=Mail)
    worker: Worker = msgspec.field(default_factory=Worker)
    self_registration: SelfRegistration = msgspec.field(default_factory=SelfRegistration)
    recovery: Recovery = msgspec.field(default_factory=Recovery)
    registry: Registry = msgspec.field(default_factory=Registry)
    onde: Onde = msgspec.field(default_factory=Onde)
    letters: Letters = msgspec.field(default_factory=Letters)
    email_validation: EmailValidation = msgspec.field(default_factory=EmailValidation)
    contact: Contact = msgspec.field(default_factory=Contact)
    site: Site = msgspec.field(default_factory=Site)
    limits: Limits = msgspec.field(default_factory=Limits)
    logs: Logs = msgspec.field(default_factory=Logs)
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    fetching: Fetching = msgspec.field(default_factory=Fetching)
    franceconnect: FranceConnect = msgspec.field(default_factory=FranceConnect)
    upstream: UpstreamProvider = msgspec.field(default_factory=UpstreamProvider)
    registration: Registration = msgspec.field(default_factory=Registration)


def load(path: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file (`path`, else `IDP_CONFIG`, else `config.toml` if it exists) and the environment.

    Raises ConfigurationError with every problem: unknown section or key, wrong type, value out of range.
    """
    file = Path(path or environ.get("IDP_CONFIG") or "config.toml")
    tables: dict[str, Any] = {}
    if file.exists():
        try:
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError([f"{file}: not a TOML file in UTF-8: {error}"]) from error
    elif path or environ.get("IDP_CONFIG"):
        raise ConfigurationError([f"{file}: no such file"])
    return build(tables, environ)


def build(tables: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from TOML tables and environment variables. Raises ConfigurationError with every problem."""
    problems: list[str] = []
    sections: dict[str, Section] = {}
    types: dict[str, type[Section]] = get_type_hints(Settings)
    values = {name: dict(table) if isinstance(table, dict) else table for name, table in tables.items()}
    _add_environment(values, environ or {}, types, problems)
    for name, table in values.items():
        if name not in types:
            problems.append(f"[{name}]: no such section; there are {', '.join(types)}")
        elif not isinstance(table, dict):
            problems.append(f"{name}: must be a table, [{name}]")
        else:
            sections[name] = _section(name, types[name], table, problems)
    if not problems:
        settings = Settings(**sections)  # type: ignore[arg-type]  # each section was built with its own type
        problems = _contradictions(settings)
    if problems:
        raise ConfigurationError(problems)
    return settings


def _add_environment(
    values: dict[str, Any], environ: Mapping[str, str], types: Mapping[str, type[Section]], problems: list[str]
) -> None:
    for variable, text in environ.items():
        if not variable.startswith("IDP_") or "__" not in variable:
            continue
        section, _, key = variable[4:].lower().partition("__")
        if section not in types or key not in types[section].__struct_fields__:
            problems.append(f"{variable}: no such setting")
            continue
        kind = get_type_hints(types[section], include_extras=True)[key]
        table = values.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = tuple(filter(None, text.split(","))) if "tuple" in str(kind) else _from_text(text, kind)


def _from_text(text: str, kind: Any) -> Any:
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        return text


def _section(name: str, kind: type[Section], table: Mapping[str, Any], problems: list[str]) -> Section:
    hints = get_type_hints(kind, include_extras=True)
    accepted: dict[str, Any] = {}
    for key, value in table.items():
        if key not in hints:
            problems.append(f"{name}.{key}: no such setting; [{name}] has {', '.join(hints)}")
            continue
        try:
            accepted[key] = msgspec.convert(value, hints[key])
        except msgspec.ValidationError as error:
            problems.append(f"{name}.{key}: {error}")
    return kind(**accepted)


def is_loopback(url: str) -> bool:
    """Whether the URL's host is a loopback address."""
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _mtls_problems(mtls: Mtls) -> list[str]:
    problems = []
    if mtls.header and not mtls.proxies:
        problems.append("mtls.proxies: the addresses of the proxies that may send mtls.header")
    for text in mtls.proxies:
        if not _is_network(text):
            problems.append(f"mtls.proxies: {text} is neither an address nor a network")
    if mtls.endpoint_base and not mtls.endpoint_base.startswith("https://"):
        problems.append("mtls.endpoint_base: must be https")
    return problems


def _upstream_problems(settings: Settings) -> list[str]:
    problems = []
    sections: dict[str, FranceConnect | UpstreamProvider] = {
        "franceconnect": settings.franceconnect,
        "upstream": settings.upstream,
    }
    for name, upstream in sections.items():
        plain = upstream.issuer.startswith("http://") and settings.server.demo and is_loopback(upstream.issuer)
        if upstream.issuer and not (upstream.issuer.startswith("https://") or plain):
            problems.append(f"{name}.issuer: must be https (plain http at 127.0.0.1 with server.demo = true only)")
        if upstream.issuer and not upstream.client_id:
            problems.append(f"{name}.client_id: needed with an issuer")
    return problems


def _contradictions(settings: Settings) -> list[str]:
    """What each key allows but not together."""
    problems = []
    issuer = urlsplit(settings.server.issuer)
    if issuer.scheme not in ("http", "https") or not issuer.hostname or issuer.query or issuer.fragment:
        problems.append("server.issuer: must be an https address without query or fragment")
    elif settings.server.issuer.endswith("/"):
        problems.append("server.issuer: must not end with a slash")
    elif issuer.scheme == "http" and not (settings.server.demo and is_loopback(settings.server.issuer)):
        problems.append("server.issuer: must be https (plain http works at 127.0.0.1 with server.demo = true only)")
    if settings.server.demo and not is_loopback(settings.server.issuer):
        problems.append("server.demo: only for an issuer at 127.0.0.1")
    problems += _mtls_problems(settings.mtls)
    if settings.sms.driver != "none" and not settings.sms.url:
        problems.append(f"sms.url: the {settings.sms.driver} gateway needs its address")
    if settings.sms.driver == "ovh" and not (settings.sms.consumer_key and settings.sms.service):
        problems.append("sms.consumer_key, sms.service: the ovh gateway needs both")
    for text in settings.fetching.private_addresses:
        if not _is_network(text):
            problems.append(f"fetching.private_addresses: {text} is neither an address nor a network")
    problems += _upstream_problems(settings)
    if settings.mail.security == "none" and settings.mail.host not in ("", "127.0.0.1", "::1", "localhost"):
        problems.append("mail.security: none is for a relay on this machine only")
    return problems
