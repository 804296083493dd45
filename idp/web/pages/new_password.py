"""A new password as a parent types it, twice: one component for every page that asks for one."""

import unicodedata
from typing import Any

from flask import Flask, request

from idp.accounts import passwords
from idp.accounts.errors import PasswordRefused
from idp.web import password_words, security
from idp.web.password_words import FIELD, TARGET, Errors

__all__ = ["FIELD", "TARGET", "Errors", "read", "register", "rules"]


def register(app: Flask) -> None:
    """Give the templates the rules (`components/new_password.html`)."""
    app.jinja_env.globals["password_rules"] = rules


def rules() -> dict[str, Any]:
    """The policy and its lengths."""
    settings = security.settings().passwords
    shortest, longest = passwords.length_limits(settings)
    return {"policy": settings.policy, "shortest": shortest, "longest": longest}


def read(identifiant: str) -> tuple[str, Errors]:
    """The password of the form, and what is wrong with it."""
    typed = unicodedata.normalize("NFC", request.form.get(FIELD, ""))
    try:
        passwords.check_policy(typed, identifiant, security.settings().passwords)
    except PasswordRefused as refusal:
        return typed, [password_words.refused(refusal, security.settings().passwords)]
    if unicodedata.normalize("NFC", request.form.get("confirmation", "")) != typed:
        return typed, [password_words.different()]
    return typed, []
