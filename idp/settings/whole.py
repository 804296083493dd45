"""All the sections of the settings file."""

import msgspec

from idp.settings.messages import Letters, Mail, Sms, Worker
from idp.settings.pages import Contact, Site
from idp.settings.people import EmailValidation, Login, Passwords, Recovery, SelfRegistration, Sessions
from idp.settings.relying_parties import AdminApi, Clients, Fetching, Mtls, Protocol, Registration, Tokens
from idp.settings.retention import Retention
from idp.settings.schools import Onde, Registry
from idp.settings.serving import Database, Keys, Limits, Logs, Metrics, Server
from idp.settings.staff import Staff
from idp.settings.upstream import FranceConnect, UpstreamProvider


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
    retention: Retention = msgspec.field(default_factory=Retention)
    staff: Staff = msgspec.field(default_factory=Staff)
    contact: Contact = msgspec.field(default_factory=Contact)
    site: Site = msgspec.field(default_factory=Site)
    limits: Limits = msgspec.field(default_factory=Limits)
    logs: Logs = msgspec.field(default_factory=Logs)
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    fetching: Fetching = msgspec.field(default_factory=Fetching)
    franceconnect: FranceConnect = msgspec.field(default_factory=FranceConnect)
    upstream: UpstreamProvider = msgspec.field(default_factory=UpstreamProvider)
    registration: Registration = msgspec.field(default_factory=Registration)
    admin_api: AdminApi = msgspec.field(default_factory=AdminApi)
