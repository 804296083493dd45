"""Logging in: a password, then a second factor; and logging out."""

from flask import Response, jsonify, request, url_for

from idp import audit, authenticators
from idp.db import db
from idp.errors import Refusal
from idp.staff import enrolment, passkeys, recovery_codes, sessions
from idp.staff import login as staff_login
from idp.staff.borders import no_object
from idp.staff.errors import CredentialsRefused, FactorRefused, MustWait
from idp.staff.models import ROLES, StaffSession
from idp.web import security
from idp.web.consoles.frame import pages, show_entry
from idp.web.consoles.session import (
    COOKIE,
    Answer,
    back_to,
    before_login,
    current,
    find,
    half_way,
    know_browser,
    opened_to,
    place,
    see_other,
    staff,
)


@pages.route("/connexion", methods=["GET", "POST"])
@before_login
def login() -> Answer:
    """Identifiant and password."""
    target = back_to(request.args.get("vers", ""))
    if request.method == "GET":
        if find("open"):
            return see_other(target)
        return show_entry("login", target=target, done=request.args.get("fait", ""))
    typed, password = request.form.get("identifiant", ""), request.form.get("mot_de_passe", "")
    try:
        account = staff_login.verify_password(typed[:200], password, place(), security.settings())
    except (CredentialsRefused, MustWait) as refusal:
        return show_entry("login", target=target, refusal=refusal, kind=type(refusal).__name__, typed=typed), _status(
            refusal
        )
    cookie = sessions.begin(account, "factor", user_agent=request.headers.get("User-Agent", ""))
    _forget_the_one_before()
    db.session.commit()
    answer = see_other(url_for("consoles.factor", vers=target))
    security.set_cookie(answer, COOKIE, cookie)
    return answer


@pages.route("/connexion/second-facteur", methods=["GET", "POST"])
@half_way("factor")
def factor() -> Answer:
    """The second factor: a code, a recovery code or a passkey."""
    session, target = current(), back_to(request.args.get("vers", ""))
    if request.method == "GET":
        return factor_page(session, "factor", target)
    try:
        check_factor(session)
    except (FactorRefused, MustWait) as refusal:
        return factor_page(session, "factor", target, refusal), _status(refusal)
    audit.record("staff.logged_in", by=session.staff.by)
    cookie = sessions.open(session, security.settings().staff)
    db.session.commit()
    answer = see_other(target)
    security.set_cookie(answer, COOKIE, cookie)
    know_browser(answer, session.staff_id)
    return answer


@pages.post("/second-facteur/defi")
@half_way("factor", "open")
def factor_challenge() -> Response:
    """For the page's script: what the authenticator is asked."""
    session = current()
    options = passkeys.options_to_confirm(session.staff, enrolment.give_challenge(session), security.settings())
    db.session.commit()
    return jsonify(options)


@pages.post("/deconnexion")
@opened_to(*ROLES, border=no_object)
def logout() -> Answer:
    """End this session."""
    audit.record("staff.logged_out", by=staff().by)
    sessions.end(current().id)
    db.session.commit()
    answer = see_other(url_for("consoles.login", fait="deconnecte"))
    security.delete_cookie(answer, COOKIE)
    return answer


def check_factor(session: StaffSession) -> None:
    """Take what the form gives as a second factor. Raises FactorRefused, MustWait."""
    settings, response = security.settings(), request.form.get("reponse", "")
    if response:
        challenge = enrolment.take_challenge(session)
        staff_login.check_passkey(session.staff, response, challenge, place(), settings)
    else:
        staff_login.check_code(session.staff, request.form.get("code", ""), place(), settings)


def factor_page(session: StaffSession, view: str, target: str, refusal: Refusal | None = None) -> str:
    """The page that asks for a second factor, at login and before a dangerous act."""
    return show_entry(
        "factor",
        action=url_for(f"consoles.{view}", vers=target),
        again=view != "factor",
        target=target,
        has_passkey=bool(passkeys.of(session.staff_id)) and authenticators.is_possible(security.settings()),
        has_totp=bool(session.staff.totp),
        codes_left=recovery_codes.left(session.staff_id),
        refusal=refusal,
        kind=type(refusal).__name__ if refusal else "",
    )


def _forget_the_one_before() -> None:
    if cookie := security.read_cookie(COOKIE):
        sessions.end(sessions.digest(cookie))


def _status(refusal: Refusal) -> int:
    return 429 if isinstance(refusal, MustWait) else 422
