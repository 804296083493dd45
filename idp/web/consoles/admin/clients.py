"""Client applications: the list, the form with its preview, the secret shown once."""

from typing import Any

from flask import abort, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from idp import clock
from idp.db import db
from idp.relying_parties import administration
from idp.relying_parties.errors import ClientExists, InvalidMetadata
from idp.relying_parties.models import Client
from idp.staff.borders import administered
from idp.web import security
from idp.web.consoles import csv_export, navigation
from idp.web.consoles.admin import preview, words
from idp.web.consoles.admin.form import ClientForm, by_field
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, staff
from idp.web.consoles.tables import Column, Table

navigation.add("administrator", "clients", lambda: _("Applications"), "window")

STATES = words.CLIENT_STATES


def _state_words(client: Client) -> str:
    return str(STATES[administration.state(client)][0])


def table() -> Table:
    """Applications, as the page and the export show them."""
    columns = (
        Column("nom", lambda: _("Nom"), lambda row: row.Client.client_name, Client.client_name),
        Column("id", lambda: _("Identifiant client"), lambda row: row.Client.client_id, Client.client_id),
        Column("profil", lambda: _("Profil"), lambda row: str(row.Client.metadata_.get("profile", "oidc"))),
        Column("accord", lambda: _("Accord du parent"), lambda row: _consent(row.Client)),
        Column("etat", lambda: _("État"), lambda row: _state_words(row.Client)),
    )
    return Table(Client.client_id, columns)


def _consent(client: Client) -> str:
    return str(_("Non demandé") if client.first_party else _("Demandé"))


@pages.get("/applications")
@opened_to("administrator", border=administered)
def clients() -> Answer:
    """Every application that was not removed."""
    query = select(Client).where(Client.deleted_at.is_(None))
    if request.args.get("export") == "csv":
        return csv_export.answer("applications", table().columns, csv_export.later(table(), query, request.args))
    page = table().page(query, request.args)
    return show("admin/clients", page=page, states=STATES, state=administration.state, now=clock.now())


@pages.route("/applications/nouvelle", methods=["GET", "POST"])
@opened_to("administrator", border=administered)
def clients_new() -> Answer:
    """The form of a new application."""
    if request.method == "GET":
        return _form("", ClientForm.showing({}).patch({}))
    form = ClientForm()
    client_id, document = form.client_id.data or "", form.patch({})
    try:
        administration.check(client_id, document, demo=security.settings().server.demo)
        if db.session.get(Client, client_id) is not None:
            raise ClientExists(client_id=client_id)
        return _save(client_id, document)
    except ClientExists:
        return _form(client_id, document, [("client_id", "client_id", _("Cet identifiant est déjà pris."))]), 422
    except InvalidMetadata as refusal:
        return _form(client_id, document, by_field(refusal.problems)), 422


@pages.route("/applications/<client_id>", methods=["GET", "POST"])
@opened_to("administrator", border=administered)
def clients_one(client_id: str) -> Answer:
    """One application."""
    client = find(client_id)
    told = administration.describe(client)
    if request.method == "GET":
        return _form(client_id, told, client=client)
    document = {**told, **ClientForm().patch(told)}
    try:
        return _save(client_id, document)
    except InvalidMetadata as refusal:
        db.session.rollback()
        return _form(client_id, document, by_field(refusal.problems), client=find(client_id)), 422


@pages.post("/applications/verifier")
@opened_to("administrator", border=administered)
def clients_check() -> Answer:
    """For the form's script: what is wrong so far, and what the application would get. Changes nothing."""
    form = ClientForm()
    client_id = form.client_id.data or "nouvelle"
    known = db.session.get(Client, client_id)
    before = administration.describe(known) if known is not None else {}
    document = {**before, **form.patch(before)}
    try:
        administration.check(client_id, document, demo=security.settings().server.demo)
        problems = []
    except InvalidMetadata as refusal:
        problems = by_field(refusal.problems)
    return show("admin/client_check", problems=problems, **_previewed(document))


def find(client_id: str) -> Client:
    """The application; 404 for one that was removed, too."""
    client = db.session.get(Client, client_id)
    if client is None or client.deleted_at is not None:
        abort(404)
    return client


def _save(client_id: str, document: dict[str, Any]) -> Answer:
    demo = security.settings().server.demo
    change = administration.put(client_id, document, by=staff().by, demo=demo)
    db.session.commit()
    told = administration.describe(change.client)
    return _form(client_id, told, client=change.client, change=change, secret=change.secret)


def page_of(client: Client, **facts: Any) -> str:
    """The page of an application after an act."""
    return _form(client.client_id, administration.describe(client), client=client, **facts)


def _form(
    client_id: str,
    document: dict[str, Any],
    errors: list[tuple[str, str, str]] | None = None,
    *,
    client: Client | None = None,
    **facts: Any,
) -> str:
    return show(
        "admin/client",
        client_id=client_id,
        client=client,
        document=document,
        errors=errors or [],
        form=ClientForm.showing({**document, "client_id": client_id}),
        action=url_for("consoles.clients_one", client_id=client_id) if client else url_for("consoles.clients_new"),
        state=administration.state(client) if client else "",
        states=STATES,
        overlap=security.settings().clients.secret_overlap_hours,
        now=clock.now(),
        **_previewed(document),
        **facts,
    )


def _previewed(document: dict[str, Any]) -> dict[str, Any]:
    issuer = security.settings().server.issuer
    return {"claims": preview.of(document), "connection": preview.settings_of(document, issuer)}
