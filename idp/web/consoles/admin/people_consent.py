"""The second administrator's yes or no to what another one proposed (ATTACKS 125, 126)."""

from flask import request, url_for

from idp.db import db
from idp.staff import proposals
from idp.staff.borders import administered
from idp.staff.errors import LoginTaken, NotReady, OwnAct, ProposalGone
from idp.staff.models import StaffProposal
from idp.web import security
from idp.web.consoles.admin import words
from idp.web.consoles.admin.people import link_page, refuse_own_act
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff


@pages.route("/personnel/demandes/<proposal_id>", methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def people_proposal(proposal_id: str) -> Answer:
    """Who proposed it may take it back, whom it is about may refuse it, any other administrator may confirm it too."""
    try:
        if request.method == "GET":
            return _page(proposals.get(proposal_id))
        if request.form.get("reponse") == "oui":
            return _confirm(proposal_id)
        proposals.refuse(proposal_id, by=staff().by)
    except ProposalGone:
        db.session.rollback()
        return (show("admin/proposal_gone"), 404)
    except OwnAct:
        refuse_own_act()
    db.session.commit()
    return see_other(url_for("consoles.people", fait="refus"))


def _confirm(proposal_id: str) -> Answer:
    try:
        account, link = proposals.confirm(proposal_id, security.settings(), by=staff())
    except (NotReady, LoginTaken) as refusal:
        db.session.rollback()
        return _page(proposals.get(proposal_id), str(words.REFUSED_ACTS[type(refusal)])), 422
    db.session.commit()
    return link_page(account, link) if link else see_other(url_for("consoles.people", fait="fait"))


def _page(proposal: StaffProposal, refused: str = "") -> str:
    return show(
        "admin/proposal",
        proposal=proposal,
        asked=words.PROPOSALS[proposal.act],
        may_confirm=proposals.may_confirm(proposal, staff()),
        refused=refused,
    )
