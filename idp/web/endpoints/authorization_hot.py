"""The authorization endpoint in front of Flask: answers where a redirect is the whole answer (PERFORMANCE rule 1)."""

from idp.flows.ends import Ends
from idp.oidc.errors import ProtocolError
from idp.oidc.request import Parameters, parse
from idp.provider.authorization import ConsentNeeded, Decision, LoginNeeded, Redirect, decide
from idp.provider.core import Provider
from idp.web import security
from idp.web.dispatch import Endpoint, or_a_page
from idp.web.endpoints import brought, browser
from idp.web.endpoints.authorization import begin, resumed_from, stored_parameters
from idp.web.http import HttpAnswer, HttpRequest


def endpoints(provider: Provider) -> dict[tuple[str, str], Endpoint]:
    """A decision that needs a page is handed to Flask as it is."""
    settings, ends = provider.settings, Ends(provider.hot)
    browser_cookie = security.cookie_name(security.BROWSER, settings.server.issuer)

    def authorize(http: HttpRequest) -> HttpAnswer | None:
        parameters = _usual(http)
        if parameters is None:
            return None
        key = browser.session_key(settings, http)
        return answer(http, decide(provider, parameters, key, browser.milliseconds()))

    def resume(http: HttpRequest) -> HttpAnswer | None:
        """The pages end here: the stored request is judged again, with the session that they opened."""
        parameters = _usual(http)
        flow = ends.look(parameters.get("flow"), http.cookie(browser_cookie)) if parameters else None
        if flow is None or not flow.request or flow.account_id is None:
            return None
        resumed, key = resumed_from(flow), browser.session_key(settings, http)
        decision = decide(provider, stored_parameters(flow), key, browser.milliseconds(), resumed)
        return answer(http, decision, resumed.since)

    def answer(http: HttpRequest, decision: Decision, since: int = 0) -> HttpAnswer | None:
        if isinstance(decision, Redirect):
            return HttpAnswer.redirect(decision.location)
        if not isinstance(decision, LoginNeeded | ConsentNeeded):
            http.decided = decision
            return None
        secret, is_new = security.browser_secret(http.cookie(browser_cookie))
        location = begin(ends, settings, secret, decision, since)
        if not is_new:
            return HttpAnswer.redirect(location)
        cookie = security.cookie_header(settings.server.issuer, browser_cookie, secret)
        return HttpAnswer.redirect(location, [("Set-Cookie", cookie)])

    return {("GET", "/authorize"): or_a_page(authorize), ("GET", "/authorize/resume"): or_a_page(resume)}


def _usual(http: HttpRequest) -> Parameters | None:
    """The query of a request that was no form before."""
    try:
        parameters = parse(http.query)
    except ProtocolError:
        return None
    return None if brought.PARAMETER in parameters.values else parameters
