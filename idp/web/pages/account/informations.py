"""«Mes informations»: the identifiant, the password, how the account's owner is reached."""

from idp.flows import email_change
from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_session


@pages.get("")
def informations() -> str:
    session = require_session()
    return show("informations", session, new_address=email_change.pending(session.account))
