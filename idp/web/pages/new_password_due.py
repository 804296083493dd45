"""What somebody reads whose password may have leaked: it opens nothing; by which proof the next one is chosen."""

from flask import Blueprint, render_template, url_for

from idp import authenticators
from idp.flows import credentials, new_password_due
from idp.web import security
from idp.web.pages.flow import Answer, find_flow
from idp.web.pages.frame import see_other

pages = Blueprint("new_password_due", __name__, url_prefix="/connexion")


@pages.get("/<flow_id>/mot-de-passe-a-changer")
def show(flow_id: str) -> Answer:
    """Only for who typed the old password in this browser; it names no address and no number."""
    flow = find_flow(flow_id)
    account = new_password_due.account_of(flow)
    if account is None:
        return see_other(url_for("login.show", flow_id=flow.id))
    usable = authenticators.is_possible(security.settings())
    kinds = {access.kind for access in credentials.accesses(account)} - (set() if usable else {"passkey"})
    ways = new_password_due.ways(account) | (kinds & {"upstream", "passkey"})
    return render_template("recovery/due.html", flow=flow, account=account, ways=ways)
