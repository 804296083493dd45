"""«Ma session»: what lets this person in, where they are logged in, and the way out."""

from flask import request, url_for

from idp import audit
from idp.db import db
from idp.staff import passkeys, recovery_codes, sessions
from idp.staff.borders import no_object, own_passkey
from idp.staff.errors import LastFactor
from idp.staff.models import ROLES
from idp.web import security
from idp.web.consoles.frame import pages, show, show_entry
from idp.web.consoles.session import Answer, current, opened_to, see_other, staff


@pages.get("/ma-session")
@opened_to(*ROLES, border=no_object)
def my_session() -> Answer:
    """The page."""
    settings, who = security.settings().staff, staff()
    return show(
        "my_session",
        passkeys=passkeys.of(who.id),
        codes_left=recovery_codes.left(who.id),
        live=sessions.live(who.id, settings),
        settings=settings,
        done=request.args.get("fait", ""),
    )


@pages.post("/ma-session/autres")
@opened_to(*ROLES, border=no_object)
def end_others() -> Answer:
    """Close every other session of this person."""
    count = sessions.end_all(staff().id, but=current().id)
    audit.record("staff.others_ended", by=staff().by, count=count)
    db.session.commit()
    return see_other(url_for("consoles.my_session", fait="autres"))


@pages.route("/ma-session/codes", methods=["GET", "POST"])
@opened_to(*ROLES, border=no_object, confirmed=True)
def new_codes() -> Answer:
    """New recovery codes, shown once; those of before are dead."""
    if request.method == "GET":
        return show("new_codes", codes_left=recovery_codes.left(staff().id))
    codes = recovery_codes.renew(staff())
    db.session.commit()
    return show_entry("codes", codes=codes)


@pages.route("/ma-session/cles/<passkey_id>", methods=["GET", "POST"])
@opened_to(*ROLES, border=own_passkey, confirmed=True)
def remove_passkey(passkey_id: str) -> Answer:
    """Take a passkey away; never the last second factor."""
    key = next(key for key in passkeys.of(staff().id) if key.id == passkey_id)
    if request.method == "GET":
        return show("remove_passkey", key=key, last=False)
    try:
        passkeys.remove(staff(), passkey_id)
    except LastFactor:
        return show("remove_passkey", key=key, last=True), 422
    db.session.commit()
    return see_other(url_for("consoles.my_session", fait="cle"))
