"""What a person sees: the choice of an identity provider, sign-in, information, errors, logout."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request

from demo.franceconnect import authorization
from demo.franceconnect.endpoints import simulator
from demo.franceconnect.errors import CODES, PageError, RedirectError
from demo.franceconnect.identities import PROVIDERS, WORDS
from demo.franceconnect.logout import check_logout
from demo.franceconnect.memory import Interaction, Session

pages = Blueprint("pages", __name__)
COOKIE = "fc_session_id"
BASE = "/api/v2"


@pages.errorhandler(PageError)
def show_error(error: PageError) -> tuple[str, int]:
    """The code, and a way back only where the request is known."""
    words = CODES.get(error.code, "Une erreur technique est survenue.")
    return render_template("error.html", code=error.code, words=words, interaction_id=error.interaction_id), 400


@pages.errorhandler(RedirectError)
def send_back(error: RedirectError) -> Response:
    return _see_other(simulator().refusal(error))


@pages.route("/authorize", methods=["GET", "POST"])
def authorize() -> Any:
    """Begin: a browser that signed in less than 30 minutes ago goes straight to the information page."""
    one = simulator()
    given = request.args if request.method == "GET" else request.form
    checked = authorization.check(one.config, given.to_dict(flat=False))
    for name, words in (("access_denied", "User auth aborted"), ("server_error", _TECHNICAL)):
        if one.faults.take(name, checked["state"]):
            raise RedirectError(checked["redirect_uri"], checked["state"], name, words)
    interaction = one.memory.begin(**checked)
    if _session() is not None:
        return _see_other(f"{BASE}/interaction/{interaction.id}/informations")
    hint = given.get("idp_hint", "")
    step = f"/connexion?fournisseur={hint}" if hint else ""
    return _see_other(f"{BASE}/interaction/{interaction.id}{step}")


_TECHNICAL = "authentication aborted due to a technical error on the authorization server"


@pages.get("/interaction/<interaction_id>")
def choose(interaction_id: str) -> str:
    """The list of identity providers."""
    return render_template("choose.html", interaction=_interaction(interaction_id), providers=PROVIDERS)


@pages.get("/interaction/<interaction_id>/connexion")
def sign_in(interaction_id: str) -> str:
    """The identity provider's own page."""
    return _sign_in_page(_interaction(interaction_id), request.args.get("fournisseur", ""))


@pages.post("/interaction/<interaction_id>/connexion")
def signed_in(interaction_id: str) -> Any:
    """Identifier and password of identities.toml."""
    one, interaction = simulator(), _interaction(interaction_id)
    provider, login = request.form.get("fournisseur", ""), request.form.get("identifiant", "").strip()
    if code := one.people.refused.get(login):
        raise PageError(code, interaction_id=interaction.id)
    identity = one.people.identities.get(login)
    password = request.form.get("mot_de_passe", "")
    if identity is None or identity.provider != provider or identity.password != password:
        return _sign_in_page(interaction, provider, wrong=True, login=login), 422
    session = one.memory.sign_in(identity)
    answer = _see_other(f"{BASE}/interaction/{interaction.id}/informations")
    answer.set_cookie(COOKIE, session.id, httponly=True, samesite="Lax", path="/")
    return answer


def _sign_in_page(interaction: Interaction, provider: str, *, wrong: bool = False, login: str = "") -> str:
    if provider not in PROVIDERS:
        raise PageError("Y190001", interaction_id=interaction.id)
    people = simulator().people.of_provider(provider)
    name = PROVIDERS[provider]
    facts = {"provider": provider, "name": name, "people": people, "wrong": wrong, "login": login}
    return render_template("sign_in.html", interaction=interaction, **facts)


@pages.get("/interaction/<interaction_id>/informations")
def information(interaction_id: str) -> str:
    """Who is signed in, for which service, and what the service gets."""
    interaction, session = _interaction(interaction_id), _needed_session(interaction_id)
    released = session.identity.released(interaction.scopes)
    asked = [words for name, words in WORDS.items() if name in released]
    return render_template("information.html", interaction=interaction, identity=session.identity, asked=asked)


@pages.post("/interaction/<interaction_id>/informations")
def agreed(interaction_id: str) -> Response:
    """«Continuer»: back to the service with a code."""
    one = simulator()
    interaction, session = _interaction(interaction_id), _needed_session(interaction_id)
    return _see_other(one.callback(interaction, one.memory.issue_code(interaction, session)))


@pages.post("/interaction/<interaction_id>/revenir")
def give_up(interaction_id: str) -> Response:
    """«Revenir sur le service»: access_denied, or server_error from an error page."""
    interaction = _interaction(interaction_id)
    error, words = ("server_error", _TECHNICAL) if "erreur" in request.form else ("access_denied", "User auth aborted")
    raise RedirectError(interaction.redirect_uri, interaction.state, error, words)


@pages.get("/session/end")
def end_session() -> str:
    """A page that posts itself; its button serves browsers without script."""
    target = check_logout(simulator(), request.args.to_dict(flat=False), _session())
    return render_template("logout.html", target=target)


@pages.post("/session/end/confirm")
def ended() -> Response:
    """The session is destroyed, and the browser goes back to the service."""
    one, session = simulator(), _session()
    if session is None:
        raise PageError("Y100019")
    form = {name: [value] for name, value in request.form.items()}
    target = check_logout(one, form, session)
    one.memory.sessions.pop(session.id, None)
    state = "autre" if one.faults.take("logout_state_other", target.state) else target.state
    query = "?" + urlencode({"state": state}) if state else ""
    answer = _see_other(target.uri + query) if target.uri else Response(render_template("logged_out.html"))
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _interaction(interaction_id: str) -> Interaction:
    found = simulator().memory.interaction(interaction_id)
    if found is None:
        raise PageError("Y190001")
    return found


def _session() -> Session | None:
    return simulator().memory.session(request.cookies.get(COOKIE, ""))


def _needed_session(interaction_id: str) -> Session:
    session = _session()
    if session is None:
        raise PageError("Y190001", interaction_id=interaction_id)
    return session


def _see_other(location: str) -> Response:
    answer = redirect(location, 303)
    assert isinstance(answer, Response)
    answer.autocorrect_location_header = False
    return answer
