"""What a relying party shows around a login: start, answer, login asked by a third party, logout."""

import hmac
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from clients.errors import BadRequest, LoginInterrupted
from clients.relying_party import RelyingParty
from clients.sessions import LOGIN_SECONDS, Session, SessionStore

pages = Blueprint("login", __name__)

ANSWER_PARAMETERS = ("state", "code", "iss", "error")
INITIATE_PARAMETERS = ("iss", "target_link_uri", "login_hint")


def see_other(address: str) -> Response:
    return redirect(address, 303)


class Login:
    """One program's login: its cookies' names, its store and its provider."""

    def __init__(self, name: str, base_url: str, store: SessionStore, provider: RelyingParty) -> None:
        self.session_cookie = f"{name}_session"
        self.browser_cookie = f"{name}_login"
        self.base_url = base_url
        self.store = store
        self.provider = provider

    def start(
        self, target: str, login_hint: str | None = None, leave: Callable[[str], Response] = see_other
    ) -> Response:
        """Send the browser to the provider, as `leave` does; it comes back to `target`, a path of ours."""
        address, state, login = self.provider.begin(target, login_hint)
        browser = request.cookies.get(self.browser_cookie) or ""
        if len(browser) != 43:
            browser = secrets.token_urlsafe(32)
        self.store.start_login(state, browser, login)
        response = leave(address)
        self.set_cookie(response, self.browser_cookie, browser, max_age=LOGIN_SECONDS)
        return response

    def set_cookie(self, response: Response, name: str, value: str, max_age: int | None = None) -> None:
        secure = self.base_url.startswith("https://")
        response.set_cookie(name, value, max_age=max_age, path="/", secure=secure, httponly=True, samesite="Lax")

    def own_path(self, target: str | None) -> str:
        """The path of `target_link_uri` when it is on our own origin. Raises BadRequest elsewhere (OIDC Core §4)."""
        if target is None:
            return "/"
        if any(ord(letter) <= 0x20 or letter in "\\\x7f" for letter in target):
            raise BadRequest("target_link_uri holds forbidden characters")
        rest = target.removeprefix(self.base_url)
        if rest == target or (rest and rest[0] not in "/?") or rest.startswith("//"):
            raise BadRequest("target_link_uri is not ours")
        return rest if rest.startswith("/") else f"/{rest}"


def current() -> Login:
    login: Login = current_app.extensions["login"]
    return login


def current_session() -> Session | None:
    """The session of this request, looked up once."""
    if "session" not in g:
        g.session = current().store.find(request.cookies.get(current().session_cookie))
    session: Session | None = g.session
    return session


def once(values: MultiDict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The named parameters. Raises BadRequest for a doubled one (RFC 6749 §3.1)."""
    if any(len(values.getlist(name)) > 1 for name in names):
        raise BadRequest("doubled parameter")
    return {name: values[name] for name in names if name in values}


def check_form_is_ours(session: Session) -> None:
    """Raise BadRequest for a form that another site sent."""
    if not hmac.compare_digest(request.form.get("csrf", "").encode(), session.csrf.encode()):
        raise BadRequest("a form that is not ours")


@pages.get("/callback")
def callback() -> Response:
    """The authorization response: `state` first, tied to this browser and good once.

    A reload or the back button brings a used answer again: a parent who is logged in simply goes on.
    """
    login, answer = current(), once(request.args, ANSWER_PARAMETERS)
    pending = login.store.take_login(answer.get("state", ""), request.cookies.get(login.browser_cookie, ""))
    if pending is None:
        if current_session():
            return redirect("/", 303)
        raise LoginInterrupted("unknown state")
    claims, id_token = login.provider.finish(answer, pending)
    login.store.end(request.cookies.get(login.session_cookie))
    session_id = login.store.open(claims, id_token)
    response = redirect(pending.target, 303)
    login.set_cookie(response, login.session_cookie, session_id)
    return response


@pages.route("/initiate", methods=["GET", "POST"])
def initiate() -> Response:
    """Login asked by a third party (OIDC Core §4): our provider only, towards our own pages only."""
    login, asked = current(), once(request.values, INITIATE_PARAMETERS)
    if asked.get("iss") != login.provider.config.issuer:
        raise BadRequest("iss is not our provider")
    return login.start(login.own_path(asked.get("target_link_uri")), asked.get("login_hint"))


@pages.post("/deconnexion")
def logout() -> Response:
    """End our session, then the provider's.

    A page with an immediate refresh, not a redirect: the CSP's form-action would stop the provider's own redirects.
    """
    login, session = current(), current_session()
    if session is None:
        return redirect(url_for("login.logged_out"), 303)
    check_form_is_ours(session)
    login.store.end(request.cookies.get(login.session_cookie))
    g.session = None
    address = login.provider.logout_address(session.id_token, login.base_url + url_for("login.logged_out"))
    response = make_response(render_template("leaving.html", address=address))
    response.delete_cookie(login.session_cookie, path="/", httponly=True, samesite="Lax")
    return response


@pages.post("/backchannel-logout")
def backchannel_logout() -> Response:
    """The provider's own word that a login has ended, from server to server (Back-Channel Logout §2.5).

    Whoever logs out of one service on a shared computer is logged out of all.
    """
    login, tokens = current(), request.form.getlist("logout_token")
    if len(tokens) != 1:
        raise BadRequest("one logout token")
    login.store.end_those_of(*login.provider.verify_logout_token(tokens[0]))
    return Response(status=200)


@pages.get("/deconnecte")
def logged_out() -> str:
    return render_template("logged_out.html")


@pages.get("/healthz")
def health() -> Response:
    """Says that the program answers; the provider may still be starting."""
    return Response("ok\n", mimetype="text/plain")


def hostname(base_url: str) -> str:
    return urlsplit(base_url).hostname or ""
