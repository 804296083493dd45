"""What every page shows around its content: the service that waits, languages, the assistance team."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, redirect, request, url_for
from markupsafe import Markup

from idp import languages
from idp.accounts.models import Account
from idp.clock import PARIS
from idp.flows.ends import Found
from idp.flows.models import Flow
from idp.relying_parties.cache import ClientCache
from idp.web import security, service_facts
from idp.web.catalogue import LANGUAGE_COOKIE, current_language

LANGUAGES = {
    "fr": "Français",
    "en": "English",
    "ar": "العربية",
    "pt": "Português",
    "tr": "Türkçe",
    "es": "Español",
}
RETURN_TO = "return_to"
"""Part of a flow's state: the page of ours, a path chosen by us, that a login without a service goes back to."""
RIGHT_TO_LEFT = ("ar", "he", "fa", "ur")
TRANSLATED = (
    "login",
    "self_registration",
    "account",
    "activation",
    "consoles",
    "developers",
    "device",
    "email_change",
    "email_validation",
    "new_password_due",
    "recovery",
)
"""Journeys whose pages keep their address in another language."""


def register(app: Flask) -> None:
    """Give the templates what the frame needs."""
    app.context_processor(context)
    app.jinja_env.filters["hour"] = hour
    app.jinja_env.filters["hour_with_seconds"] = hour_with_seconds
    app.jinja_env.filters["day"] = day
    app.jinja_env.filters["breakable"] = breakable
    app.jinja_env.filters["discreet"] = discreet
    app.jinja_env.filters["discreet_email"] = discreet_email
    app.jinja_env.filters["full_name"] = full_name
    app.after_request(_keep_language)


def context() -> dict[str, Any]:
    """Variables of every template."""
    settings = security.settings()
    language = current_language()
    return {
        "site": settings.site,
        "contact": settings.contact,
        "mail_sender": settings.mail.sender_name,
        "language": language,
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "languages": [(code, LANGUAGES.get(code, code), language_url(code)) for code in settings.site.languages],
        **_service_facts(),
    }


def _service_facts() -> dict[str, Any]:
    """The service of `show_client`, read when a page of this request is drawn."""
    shown: Flow | None = g.pop("flow_shown", None)
    if shown is not None:
        g.service_facts = _facts_of(shown)
    found: dict[str, Any] = g.get("service_facts", {"client_name": "", "service": None, "cancel_url": ""})
    return found


def language_url(code: str) -> str:
    """This page in another language."""
    kept = {name: value for name, value in request.args.items() if name != "ui_locales"}
    endpoint = request.endpoint if request.method == "GET" and request.endpoint else None
    if endpoint is None or endpoint.partition(".")[0] not in TRANSLATED:
        return f"?ui_locales={code}"
    # The query never reaches url_for: `_scheme` or `endpoint` in it would be taken for url_for's own arguments.
    return (
        f"{url_for(endpoint, **(request.view_args or {}))}?{urlencode({**kept, 'ui_locales': code}, errors='replace')}"
    )


def show_client(flow: Flow) -> None:
    """Name the service that the parent is going to, on whatever page this request ends with."""
    g.flow_shown = flow


def _facts_of(flow: Flow) -> dict[str, Any]:
    """What the page says of the service that waits; the page's forms may end there."""
    clients: ClientCache = current_app.extensions["idp"].provider.clients
    client = clients.find(flow.client_id) if flow.client_id else None
    redirect_uri = (flow.request or {}).get("redirect_uri")
    target = redirect_uri if isinstance(redirect_uri, str) and client else security.settings().site.portal_url
    if target:
        security.allow_form_target(target)
    facts: dict[str, Any] = {"client_name": "", "service": None}
    if client is not None:
        facts = {"client_name": client.name, "service": service_facts.describe(client)}
    return {**facts, "cancel_url": f"/authorize/refuse?flow={flow.id}" if flow.request is not None else ""}


def way_out(flow: Flow | Found) -> str:
    """Where a journey that reached its account goes on: the waiting service, the page of ours, or the portal."""
    if flow.request is not None:
        return f"/authorize/resume?flow={flow.id}"
    if back := flow.state.get(RETURN_TO):
        return str(back)
    return security.settings().site.portal_url or url_for("login.logged_in")


def see_other(url: str) -> Response:
    """Go on with GET."""
    answer = redirect(url, 303)
    assert isinstance(answer, Response)
    return answer


def hour(instant: dt.datetime) -> str:
    """«18 h 42», the time in France."""
    return languages.hour(instant, current_language())


def hour_with_seconds(instant: dt.datetime) -> str:
    """«18 h 42 min 8 s», for waits shorter than a minute."""
    local = instant.astimezone(PARIS)
    rest = f" min {local.second:02} s".replace(" ", "\N{NO-BREAK SPACE}")
    return hour(instant) + rest if _is_french() else f"{local:%H:%M:%S}"


def day(instant: dt.datetime) -> str:
    """«14 mars 2017»."""
    return languages.day(instant, current_language())


def breakable(address: str) -> Markup:
    """An address that a narrow screen may cut before its @."""
    before, at, after = address.partition("@")
    return Markup("{}<wbr>{}{}").format(before, at, after) if at else Markup("{}").format(before)


def discreet(mobile: str) -> str:
    """«06 •• •• •• 34»: enough to recognise one's own number."""
    national = "0" + mobile[-9:] if len(mobile) >= 10 else mobile
    return f"{national[:2]} •• •• •• {national[-2:]}"


def full_name(account: Account) -> str:
    """«Mme Valéry DURANT», with the name that is used."""
    return " ".join(filter(None, (account.civility, account.first_name, account.usage_name or account.family_name)))


def discreet_email(address: str) -> str:
    """«v•••@example.org»: enough to recognise one's own address."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _is_french() -> bool:
    return current_language().startswith("fr")


def _keep_language(response: Response) -> Response:
    language = request.args.get("ui_locales", "")
    settings = security.settings()
    if language in settings.site.languages and response.mimetype == "text/html":
        secure = settings.server.issuer.startswith("https:")
        response.set_cookie(LANGUAGE_COOKIE, language, secure=secure, httponly=True, samesite="Lax", path="/")
    return response
