"""«Mon compte»: one module a tab, and those of the acts that start there."""

from idp.web.pages.account import (
    children,
    connections,
    email,
    informations,
    merging,
    mobile,
    passkeys,
    password,
    personal_data,
)
from idp.web.pages.account.frame import pages

__all__ = [
    "children",
    "connections",
    "email",
    "informations",
    "merging",
    "mobile",
    "pages",
    "passkeys",
    "password",
    "personal_data",
]
