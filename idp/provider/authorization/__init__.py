"""The authorization endpoint (OpenID Connect Core §3.1.2): a table of checks, then one decision.

A new rule is a module with its check and one line in `table.py`.
"""

from idp.provider.authorization.attempt import (
    Asked,
    ConsentNeeded,
    Decision,
    FormPost,
    LoginNeeded,
    Redirect,
    Refused,
    Resumed,
)
from idp.provider.authorization.decision import decide, deny

__all__ = [
    "Asked",
    "ConsentNeeded",
    "Decision",
    "FormPost",
    "LoginNeeded",
    "Redirect",
    "Refused",
    "Resumed",
    "decide",
    "deny",
]
