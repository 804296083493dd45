"""Mails to a colleague about the own account: what others did to it, or ask for."""

import datetime as dt
from typing import Literal

from idp import clock
from idp.delivery import messages
from idp.staff.models import StaffAccount

What = Literal["invited", "password", "factor", "role", "email", "disabled", "enabled", "asked", "refused"]


def tell(
    staff: StaffAccount, what: What, *, asked: str = "", url: str = "", ends_at: dt.datetime | None = None, to: str = ""
) -> None:
    """Queue the mail, in the current transaction; nothing without an address.

    `asked` is the act of a proposal, which two decide until `ends_at`; `url` the link that the mail brings; `to` an
    address that is not the account's any more.
    """
    address = to or staff.email
    if not address:
        return
    link = {"url": url} if url else {}
    facts = {"what": what, "asked": asked, "login": staff.login, "at": clock.now(), "ends_at": ends_at}
    messages.queue_mail(address, "staff_account", language="", expires_at=ends_at if url else None, **facts, **link)
