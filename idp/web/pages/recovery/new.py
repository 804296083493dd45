"""The new password, by the proof that the flow holds: a link or a code."""

from flask import request, url_for
from flask_babel import gettext as _

from idp.accounts import passwords
from idp.db import db
from idp.flows import credentials
from idp.flows.errors import ProofExpired
from idp.flows.models import Flow
from idp.flows.recovery import reset
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.pages import new_password as form
from idp.web.pages.flow import Answer
from idp.web.pages.frame import see_other
from idp.web.pages.recovery.frame import PASSWORD, elsewhere, open_flow, pages, show, with_open_flow
from idp.web.upstream_logout import logins


@pages.get("/mot-de-passe-perdu/<flow_id>/nouveau")
@with_open_flow(PASSWORD)
def new_password(flow: Flow) -> Answer:
    proof = reset.proof_of(flow)
    return _page(flow, proof, []) if proof else _expired(flow)


@pages.post("/mot-de-passe-perdu/<flow_id>/nouveau")
@with_open_flow(PASSWORD)
def set_password(flow: Flow) -> Answer:
    proof = reset.proof_of(flow)
    if proof is None:
        return _expired(flow)
    chosen, errors = form.read(proof.account.identifiant)
    if errors:
        return _page(flow, proof, errors), 422
    flow_id, leaked = flow.id, proof.account.password_hash if proof.account.new_password_due_at else None
    db.session.commit()
    if leaked and passwords.verify(leaked, chosen, security.settings().passwords):
        same = [(form.TARGET, form.FIELD, _("Choisissez un mot de passe différent de l’ancien."))]
        return _page(flow, proof, same), 422
    return _finish(flow_id, passwords.hash(chosen, security.settings().passwords))


def _finish(flow_id: str, password_hash: str) -> Answer:
    """Everything in one transaction, which begins after the hash was made."""
    flow = open_flow(flow_id, for_update=True)
    if flow is None:
        return elsewhere(flow_id, PASSWORD)
    try:
        reset.set_password(flow, password_hash, request.form.getlist("retirer"), current_language())
    except ProofExpired:
        db.session.rollback()
        return _expired(flow)
    db.session.commit()
    return see_other(url_for("login.show", flow_id=flow.id, nouveau_mot_de_passe=1))


def _page(flow: Flow, proof: reset.Proof, errors: form.Errors) -> str:
    kept = request.form.getlist("retirer")
    accesses = credentials.accesses(proof.account, but=proof.by)
    names = {one.issuer: one.name for one in logins().upstreams}
    return show("new_password", flow, accesses=accesses, errors=errors, kept=kept, upstreams_by_issuer=names)


def _expired(flow: Flow) -> Answer:
    """One neutral answer for a link that is used, too old, overtaken or invented (ATTACKS 91)."""
    return show("expired", flow), 410
