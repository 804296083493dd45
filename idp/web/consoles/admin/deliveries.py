"""Messages: how many wait, and those that could not leave; never their content, never to whom."""

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from idp import audit, clock
from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.staff.borders import administered
from idp.web.consoles import navigation
from idp.web.consoles.admin import words
from idp.web.consoles.frame import moment, pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff
from idp.web.consoles.tables import Column, Table

navigation.add("administrator", "deliveries", lambda: _("Envois"), "letter")


def _table() -> Table:
    columns = (
        Column("date", lambda: _("Écrit le"), lambda row: moment(row.Message.created_at), Message.created_at),
        Column("canal", lambda: _("Canal"), lambda row: row.Message.channel),
        Column("objet", lambda: _("Objet"), lambda row: row.Message.purpose),
        Column("essais", lambda: _("Essais"), lambda row: str(row.Message.attempts)),
        Column("erreur", lambda: _("Dernière erreur"), lambda row: row.Message.last_error),
    )
    return Table(Message.id, columns)


@pages.get("/envois")
@opened_to("administrator", border=administered)
def deliveries() -> Answer:
    """The queue in figures, and its messages of one state."""
    state = request.args.get("etat", "dead")
    state = state if state in ("waiting", "dead") else "dead"
    counted = select(Message.state, func.count(), func.min(Message.created_at)).group_by(Message.state)
    figures = {name: (count, oldest) for name, count, oldest in db.session.execute(counted)}
    page = _table().page(select(Message).where(Message.state == state), request.args)
    return show(
        "admin/deliveries",
        page=page,
        state=state,
        figures=figures,
        states=words.MESSAGE_STATES,
        now=clock.now(),
        done=request.args.get("fait", ""),
    )


@pages.post("/envois/renvoyer")
@opened_to("administrator", border=administered)
def deliveries_retry() -> Answer:
    """Put one dead letter, or all of them, back into the queue."""
    message_id = request.form.get("message", "")[:32]
    count = outbox.retry(message_id or None)
    audit.record("outbox.retried", by=staff().by, count=count, message_id=message_id)
    db.session.commit()
    return see_other(url_for("consoles.deliveries", etat="waiting", fait="renvoyer"))
