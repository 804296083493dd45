"""«Mes connexions»: where the account is open, what opens it, who gets its data, what happened."""

from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_session


@pages.get("/connexions")
def connections() -> str:
    return show("connections", require_session())
