"""An account's file: opened for a motive, told in plain words, with what may be done."""

from flask import request, url_for

from idp.accounts.models import Account
from idp.db import db
from idp.flows import account_facts, support
from idp.flows.errors import ReasonMissing
from idp.staff import borders
from idp.web import security
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff
from idp.web.consoles.support.words import MOTIVES, STATES, story


@pages.route("/comptes/<account_id>", methods=["GET", "POST"])
@opened_to("support", border=borders.account)
def search_account(account_id: str) -> Answer:
    """Nobody reads it without saying why; the owner sees that somebody did."""
    account, who = db.session.get_one(Account, account_id), staff()
    if request.method == "POST":
        motive, ticket = request.form.get("motif", ""), request.form.get("demande", "")
        try:
            support.open_file(account_id, motive, ticket, who.by, security.settings().staff)
        except ReasonMissing:
            return show("support/motive", account=account, motives=MOTIVES, ticket=ticket, wrong=True), 422
        db.session.commit()
        return see_other(url_for("consoles.search_account", account_id=account_id))
    if not support.is_open(account_id, who.by):
        return show("support/motive", account=account, motives=MOTIVES, ticket="", wrong=False)
    return show(
        "support/account",
        account=account,
        facts=account_facts.of(account, security.settings().sessions),
        states=STATES,
        story=story(account_id),
        undoable=support.undoable(account_id),
        done=request.args.get("fait", ""),
    )
