"""«Mes informations»: the identifiant, the password, how the account's owner is reached."""

from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_session


@pages.get("")
def informations() -> str:
    return show("informations", require_session())
