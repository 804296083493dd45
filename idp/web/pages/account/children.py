"""«Mes enfants»: the children of the account, with their schools. Source: parents' guide, «Regrouper vos enfants»."""

from flask import request

from idp.registry import matching
from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_session


@pages.get("/enfants")
def children() -> str:
    session = require_session()
    held = [row.responsable_id for row in session.account.responsables]
    return show("children", session, children=matching.children_of(held), added="ajoutes" in request.args)
