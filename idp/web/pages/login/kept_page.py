"""The login page in front of Flask: where it tells nothing of one parent alone, it is drawn once and kept.

From browser to browser such a page differs by the form's token and the flow's id alone.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response

from idp.flows.ends import Ends, Found
from idp.franceconnect import watch
from idp.relying_parties.cache import RelyingParty
from idp.web import security
from idp.web.catalogue import current_language, language_of
from idp.web.dispatch import Endpoint, or_a_page
from idp.web.hot import this_request
from idp.web.http import HttpAnswer, HttpRequest

MAXIMUM = 500
"""Pages that are kept; redirect URIs of programs on somebody's own machine have any port (RFC 8252 §7.3)."""
SAYS_NOTHING = frozenset({"since", "pushed"})
"""Parts of a flow's state that its login page doesn't show."""

TOKEN, FLOW = (secrets.token_hex(32).encode() for _ in range(2))
"""Stand in a kept page for a browser's own; nobody knows them, so that nothing else of it is taken for them."""

Headers = tuple[tuple[str, str], ...]
Look = tuple[str, str, str, tuple[str, ...]]
"""Language, client, where the page's forms may end, and upstreams that do not answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page that is not kept yet: Flask draws it for this flow and this token."""

    look: Look
    client: RelyingParty
    flow_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A page without its flow and token; good as long as what is known of the client is (at most a second)."""

    client: RelyingParty
    answer: HttpAnswer

    @classmethod
    def without(cls, wanted: Wanted, headers: Headers, body: bytes) -> "Kept":
        """The page that one browser got, with places for those of others.

        They stand where they are ours, in an address of this site and in a field's value: a client that knew its own
        may have written them into its links, and must not learn those of others.
        """
        token, flow_id = wanted.token.encode(), wanted.flow_id.encode()
        body = body.replace(b'value="%s"' % token, b'value="%s"' % TOKEN)
        body = re.sub(rb'(="/[^"]*)%s' % re.escape(flow_id), rb"\g<1>%s" % FLOW, body)
        return cls(wanted.client, HttpAnswer(200, headers, body))

    def give(self, flow_id: str, token: str) -> HttpAnswer:
        """The page of another browser."""
        body = self.answer.body.replace(FLOW, flow_id.encode()).replace(TOKEN, token.encode())
        return HttpAnswer(200, self.answer.headers, body)


class LoginPages:
    """Those that are kept."""

    def __init__(self, services: Any) -> None:
        self._hot, self._ends = services.hot, Ends(services.hot)
        self._clients, self._upstreams = services.provider.clients, services.upstreams
        self._offered = services.settings.site.languages
        self._browser_cookie = security.cookie_name(security.BROWSER, services.settings.server.issuer)
        self._kept: dict[Look, Kept] = {}

    def show(self, http: HttpRequest) -> HttpAnswer | None:
        """The page from the kept ones; None where Flask must draw it, or answer something else."""
        flow_id, browser = http.path.rpartition("/")[2], http.cookie(self._browser_cookie)
        if http.query or not security.is_browser_secret(browser):
            return None
        flow = self._ends.look(flow_id, browser)
        client = self._clients.find(flow.client_id) if flow and flow.client_id else None
        if flow is None or client is None or not _says_nothing(flow):
            return None
        look, token = self._look(http, flow), security.form_token(browser)
        kept = self._kept.get(look)
        if kept is None or kept.client is not client:
            http.decided = Wanted(look, client, flow_id, token)
            return None
        return kept.give(flow_id, token)

    def keep(self, response: Response) -> Response:
        """Keep the page that Flask drew, with its headers."""
        wanted = this_request().decided
        if isinstance(wanted, Wanted) and _is_for_everybody(response, wanted):
            if len(self._kept) >= MAXIMUM:
                self._kept.clear()
            headers = tuple((name, value) for name, value in response.headers if name != "Content-Length")
            self._kept[wanted.look] = Kept.without(wanted, headers, response.get_data())
        return response

    def _look(self, http: HttpRequest, flow: Found) -> Look:
        target = str((flow.request or {}).get("redirect_uri"))
        silent = [one.key for one in self._upstreams.upstreams if watch.is_down(one.key, self._upstreams, self._hot)]
        return language_of(http, self._offered), flow.client_id or "", target, tuple(silent)


def _says_nothing(flow: Found) -> bool:
    """Whether the page is the same for everybody that this client sends."""
    of_login = flow.journey == "login" and flow.ended_at is None
    return of_login and flow.state.keys() <= SAYS_NOTHING and "login_hint" not in (flow.request or {})


def _is_for_everybody(response: Response, wanted: Wanted) -> bool:
    """Whether it is the page that was wanted. Flask reads some odd cookies otherwise than we do in front of it."""
    drawn = response.status_code == 200 and "Set-Cookie" not in response.headers
    return drawn and current_language() == wanted.look[0]


def register(app: Flask) -> dict[tuple[str, str], Endpoint]:
    """What is answered in front of Flask.

    Comes before whatever else changes answers: Flask asks first who registered last, and a page is kept as it is sent.
    """
    pages = LoginPages(app.extensions["idp"])
    app.after_request(pages.keep)
    return {("GET", "/connexion/*"): or_a_page(pages.show)}
