"""Setting up a second factor: after an invitation, or one more from «Ma session»."""

from flask import Response, abort, jsonify, request, url_for

from idp import authenticators
from idp.authenticators import PasskeyRefused
from idp.db import db
from idp.errors import Refusal
from idp.staff import enrolment, passkeys, sessions, totp
from idp.staff.errors import FactorRefused, InvitationGone, TooManyFactors
from idp.web import security
from idp.web.consoles.frame import pages, show_entry
from idp.web.consoles.session import COOKIE, Answer, current, half_way, know_browser, see_other


@pages.get("/second-facteur")
@half_way("enrol", "open")
def choose_factor() -> Answer:
    """A passkey or an application."""
    return show_entry("choose", possible=authenticators.is_possible(security.settings()), first=_is_first())


@pages.route("/second-facteur/application", methods=["GET", "POST"])
@half_way("enrol", "open")
def enrol_totp() -> Answer:
    """The secret as a picture and as text; a first code proves that the application has it."""
    session = current()
    if request.method == "POST":
        try:
            enrolment.enrol_totp(session, request.form.get("code", ""))
            return _finish()
        except FactorRefused:
            return _totp_page(wrong=True), 422
        except InvitationGone:
            return _gone()
    return _totp_page(wrong=False)


def _totp_page(*, wrong: bool) -> str:
    session = current()
    secret = enrolment.totp_secret(session)
    address = totp.address(secret, session.staff.login, security.settings().site.name)
    db.session.commit()
    parts = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    return show_entry("totp", picture=totp.picture(address), parts=parts, wrong=wrong, first=_is_first())


@pages.post("/second-facteur/cle/defi")
@half_way("enrol", "open")
def enrol_challenge() -> Response:
    """For the page's script: what the authenticator is asked."""
    _check_possible()
    session = current()
    options = passkeys.options_to_enrol(session.staff, enrolment.give_challenge(session), security.settings())
    db.session.commit()
    return jsonify({"flow": "", "options": options})


@pages.route("/second-facteur/cle", methods=["GET", "POST"])
@half_way("enrol", "open")
def enrol_passkey() -> Answer:
    """Needs script: it talks to the authenticator."""
    _check_possible()
    if request.method == "GET":
        return _passkey_page()
    response, name = request.form.get("reponse", ""), request.form.get("nom", "")
    try:
        enrolment.enrol_passkey(current(), response, name, security.settings())
        return _finish()
    except (FactorRefused, PasskeyRefused, TooManyFactors) as refusal:
        db.session.commit()
        return _passkey_page(refusal), 422
    except InvitationGone:
        return _gone()


def _passkey_page(refusal: Refusal | None = None) -> str:
    return show_entry("passkey", kind=type(refusal).__name__ if refusal else "", first=_is_first())


def _finish() -> Answer:
    """The first second factor opens the consoles and shows the recovery codes; a further one goes back."""
    session = current()
    if not _is_first():
        db.session.commit()
        return see_other(url_for("consoles.my_session", fait="facteur"))
    cookie, codes = enrolment.finish(session, security.settings())
    db.session.commit()
    answer = Response(show_entry("codes", codes=codes))
    security.set_cookie(answer, COOKIE, cookie)
    know_browser(answer, session.staff_id)
    return answer


def _gone() -> Answer:
    """Another browser was faster, or the link is too old."""
    db.session.rollback()
    sessions.end(sessions.digest(security.read_cookie(COOKIE)))
    db.session.commit()
    return show_entry("gone"), 404


def _is_first() -> bool:
    return current().stage == "enrol"


def _check_possible() -> None:
    if not authenticators.is_possible(security.settings()):
        abort(404)
