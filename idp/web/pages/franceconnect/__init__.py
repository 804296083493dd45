"""Login by FranceConnect or another upstream: the way there, the way back, the proofs, the link, the logout."""

from idp.web.pages.franceconnect import callback, linking, logout, proofs, start  # noqa: F401  # They add their routes.
from idp.web.pages.franceconnect.frame import pages, register

__all__ = ["pages", "register"]
