"""What is done to an application, after the second factor once more: a new secret, off, on, looked at, gone."""

import datetime as dt

from flask import request, url_for
from flask_babel import lazy_gettext as _

from idp.db import db
from idp.grants import ended_clients
from idp.relying_parties import administration
from idp.relying_parties.errors import InvalidMetadata
from idp.staff.borders import administered
from idp.web import security
from idp.web.consoles.admin.clients import find, page_of
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff

ACTS = {
    "secret": (
        _("Changer le secret"),
        _("Un nouveau secret est montré une seule fois. L’ancien marche encore le temps que vous dites."),
    ),
    "desactiver": (
        _("Désactiver"),
        _(
            "En une seconde, plus aucune demande de cette application n’a de réponse, et tout ce qu’elle détient "
            "s’arrête. Elle est prévenue pour chaque session qu’elle connaît."
        ),
    ),
    "activer": (
        _("Activer"),
        _(
            "L’application marche de nouveau. Ce qu’elle détenait avant ne vaut plus rien : les parents s’y "
            "connectent de nouveau."
        ),
    ),
    "verifiee": (
        _("Noter comme vérifiée"),
        _("Vous avez regardé cette application. Les parents ne sont plus avertis."),
    ),
    "retirer": (
        _("Retirer pour toujours"),
        _("L’application disparaît, avec tous ses accès. Son identifiant ne sera jamais redonné."),
    ),
}
MOST_HOURS = 24 * 90


@pages.route(
    "/applications/<client_id>/<any(secret, desactiver, activer, verifiee, retirer):act>", methods=["GET", "POST"]
)
@opened_to("administrator", border=administered, confirmed=True)
def clients_act(client_id: str, act: str) -> Answer:
    """Says what will happen, then does it."""
    client = find(client_id)
    if request.method == "GET":
        return _page(client_id, act)
    by = staff().by
    if act == "secret":
        return _rotate(client_id)
    if act == "retirer":
        if request.form.get("confirmation", "").strip() != client_id:
            return _page(client_id, act, wrong=True), 422
        ended_clients.remove(client_id, by=by)
        db.session.commit()
        return see_other(url_for("consoles.clients", fait="retirer"))
    if act == "desactiver":
        ended_clients.disable(client_id, by=by, reason=request.form.get("raison", "")[:200])
    elif act == "activer":
        ended_clients.enable(client_id, by=by)
    else:
        administration.review(client_id, by=by)
    db.session.commit()
    return page_of(client, done=act)


def _rotate(client_id: str) -> Answer:
    typed = request.form.get("heures", "")
    hours = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else -1
    if not 0 <= hours <= MOST_HOURS:
        return _page(client_id, "secret", wrong=True), 422
    try:
        secret = administration.rotate_secret(client_id, dt.timedelta(hours=hours), by=staff().by)
    except InvalidMetadata:
        return _page(client_id, "secret", wrong=True), 422
    db.session.commit()
    return page_of(find(client_id), secret=secret, done="secret")


def _page(client_id: str, act: str, *, wrong: bool = False) -> str:
    title, explains = ACTS[act]
    hours = security.settings().clients.secret_overlap_hours
    return show(
        "admin/client_act", client=find(client_id), act=act, title=title, explains=explains, hours=hours, wrong=wrong
    )
