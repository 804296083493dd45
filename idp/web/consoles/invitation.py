"""The link of an invitation: a password first; the second factor follows."""

import unicodedata

from flask import request, url_for

from idp.accounts import passwords
from idp.accounts.errors import PasswordRefused
from idp.db import db
from idp.errors import Refusal
from idp.staff import invitations, service, sessions
from idp.staff import login as staff_login
from idp.staff.errors import CredentialsRefused, InvitationGone, MustWait
from idp.staff.models import StaffAccount
from idp.web import password_words, security
from idp.web.consoles.frame import pages, show_entry
from idp.web.consoles.session import COOKIE, Answer, before_login, know_browser, place, see_other

FIELD = "nouveau_mot_de_passe"


@pages.route("/invitation/<token>", methods=["GET", "POST"])
@before_login
def invitation(token: str) -> Answer:
    """Choose a password, or give it where only the second factor is set up anew."""
    try:
        found, staff = invitations.get(token)
    except InvitationGone:
        return show_entry("gone"), 404
    if request.method == "GET":
        return _page(staff, found.purpose)
    if found.purpose == "factor":
        return _give_password(staff, found.digest)
    return _choose_password(staff, found.purpose, found.digest)


def _choose_password(staff: StaffAccount, purpose: str, digest: bytes) -> Answer:
    typed, errors = _read(staff.login)
    if errors:
        return _page(staff, purpose, errors=errors), 422
    db.session.commit()
    password_hash = service.hash_password(typed, security.settings().passwords)
    _invitation, staff = invitations.get(digest)
    service.set_password(staff, password_hash)
    if purpose == "password":
        invitations.use(digest)
        db.session.commit()
        answer = see_other(url_for("consoles.login", fait="mot-de-passe"))
        know_browser(answer, staff.id)
        return answer
    return _go_on(staff, digest)


def _give_password(staff: StaffAccount, digest: bytes) -> Answer:
    password, settings = request.form.get("mot_de_passe", ""), security.settings()
    try:
        staff = staff_login.verify_password(staff.login, password, place(), settings, factor=False)
    except (CredentialsRefused, MustWait) as refusal:
        return _page(staff, "factor", refusal), 429 if isinstance(refusal, MustWait) else 422
    return _go_on(staff, digest)


def _go_on(staff: StaffAccount, digest: bytes) -> Answer:
    """To the second factor, which uses the link up."""
    user_agent = request.headers.get("User-Agent", "")
    cookie = sessions.begin(staff, "enrol", user_agent=user_agent, invitation=digest)
    db.session.commit()
    answer = see_other(url_for("consoles.choose_factor"))
    security.set_cookie(answer, COOKIE, cookie)
    return answer


def _page(
    staff: StaffAccount, purpose: str, refusal: Refusal | None = None, errors: password_words.Errors | None = None
) -> str:
    kind = type(refusal).__name__ if refusal else ""
    rules = service.policy(security.settings().passwords)
    shortest, longest = passwords.length_limits(rules)
    return show_entry(
        "invitation",
        staff=staff,
        purpose=purpose,
        refusal=refusal,
        kind=kind,
        errors=errors or [],
        rules={"policy": rules.policy, "shortest": shortest, "longest": longest},
    )


def _read(login: str) -> tuple[str, password_words.Errors]:
    """The password of the form, and what is wrong with it."""
    policy = service.policy(security.settings().passwords)
    typed = unicodedata.normalize("NFC", request.form.get(FIELD, ""))
    try:
        passwords.check_policy(typed, login, policy)
    except PasswordRefused as refusal:
        return typed, [password_words.refused(refusal, policy)]
    if unicodedata.normalize("NFC", request.form.get("confirmation", "")) != typed:
        return typed, [password_words.different()]
    return typed, []
