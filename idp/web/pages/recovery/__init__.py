"""Recovery, one module a way: the identifiant by mail, a link by mail, a code by SMS, then the new password."""

from idp.web.pages.recovery import identifiant, link, new, sms
from idp.web.pages.recovery.frame import pages

__all__ = ["identifiant", "link", "new", "pages", "sms"]
