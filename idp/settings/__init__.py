"""Settings: one TOML file and the environment (`IDP_SECTION__KEY`), typed; every error is told at once.

The docstring under each field is its documentation: `config.example.toml` is made from it (`idp settings`).
"""

from idp.settings.contradictions import is_loopback
from idp.settings.messages import Letters, Mail, Sms, Worker
from idp.settings.pages import Contact, Site
from idp.settings.people import EmailValidation, Login, Passwords, Recovery, SelfRegistration, Sessions
from idp.settings.reading import build, load
from idp.settings.relying_parties import AdminApi, Clients, Fetching, Mtls, Protocol, Registration, Tokens
from idp.settings.schools import Onde, Registry
from idp.settings.section import Section
from idp.settings.serving import Database, Keys, Limits, Logs, Metrics, Server
from idp.settings.staff import Staff
from idp.settings.upstream import FranceConnect, UpstreamProvider
from idp.settings.whole import Settings

__all__ = [
    "AdminApi",
    "Clients",
    "Contact",
    "Database",
    "EmailValidation",
    "Fetching",
    "FranceConnect",
    "Keys",
    "Letters",
    "Limits",
    "Login",
    "Logs",
    "Mail",
    "Metrics",
    "Mtls",
    "Onde",
    "Passwords",
    "Protocol",
    "Recovery",
    "Registration",
    "Registry",
    "Section",
    "SelfRegistration",
    "Server",
    "Sessions",
    "Settings",
    "Site",
    "Sms",
    "Staff",
    "Tokens",
    "UpstreamProvider",
    "Worker",
    "build",
    "is_loopback",
    "load",
]
