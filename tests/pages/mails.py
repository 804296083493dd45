"""Every mail, with the facts that its templates ask for: long ones, so that what does not fit is seen."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

ACCOUNT = SimpleNamespace(
    civility="Mme", first_name="Marie-Antoinette", usage_name="", family_name="DE LA TOUR D’AUVERGNE"
)
AT = dt.datetime(2026, 9, 14, 16, 42, tzinfo=dt.UTC)
URL = "https://educonnect.example.org/verification-mail/lien/rT0dZ3v1hU9s8wQx2yKpLmNoPqRsTuVwXyZaBcDeFgH"
NUMBER = "2026-418-207-553"

LINK = {"url": URL, "ends_at": AT}
BOTH = {"account": ACCOUNT, "kept": "m.delarochefoucauld12", "closed": "m.delarochefoucauld7"}
CHANGE = {"account": ACCOUNT, "at": AT}
STAFF = {"login": "marie-antoinette.de-la-tour", "asked": "", "at": AT, "ends_at": AT}
COLLEAGUES: dict[str, dict[str, Any]] = {
    "invited": {"url": URL},
    "password": {"url": URL},
    "factor": {"url": URL},
    "role": {},
    "email": {},
    "disabled": {},
    "enabled": {},
    "asked": {"asked": "administrator"},
    "refused": {"asked": "password"},
}
"""What a colleague is told, with its own facts."""

MAILS: dict[str, tuple[str, dict[str, Any]]] = {
    "account_leaving": ("account_leaving", {"account": ACCOUNT, "ends_at": AT}),
    "account_merged": ("account_merged", {**BOTH, "until": AT}),
    "account_resumed": ("account_resumed", CHANGE),
    "account_suspended": ("account_suspended", CHANGE),
    "children_added": ("children_added", {**CHANGE, "identifiant": "m.delarochefoucauld12"}),
    "email_change": (
        "email_change",
        {**CHANGE, **LINK, "new_address": "marie-antoinette.de-la-rochefoucauld@une-longue-adresse.example.org"},
    ),
    "email_change_denied": (
        "email_change_denied",
        {"identifiant": "m.delarochefoucauld12", "number": NUMBER, "stopped": True, "at": AT},
    ),
    "email_change_denied_too_late": (
        "email_change_denied",
        {"identifiant": "m.delarochefoucauld12", "number": NUMBER, "stopped": False, "at": AT},
    ),
    "identifiant_forgotten": ("identifiant_forgotten", {"identifiants": ["m.delarochefoucauld12"]}),
    "identifiants_forgotten": ("identifiant_forgotten", {"identifiants": ["v.durant1", "m.delarochefoucauld12"]}),
    "merge_undone": ("merge_undone", BOTH),
    "mobile_changed": ("mobile_changed", {**CHANGE, "mobile": "06 •• •• •• 34"}),
    "new_password_due": ("new_password_due", CHANGE),
    "passkey_added": ("passkey_added", {**CHANGE, "passkey": "Téléphone de Marie-Antoinette"}),
    "passkey_removed": ("passkey_removed", {**CHANGE, "passkey": "Téléphone de Marie-Antoinette"}),
    "password_changed": ("password_changed", {**CHANGE, "first": False}),
    "password_chosen": ("password_changed", {**CHANGE, "first": True}),
    "password_reset": ("password_reset", {"account": ACCOUNT, **LINK, "number": NUMBER}),
    "school_mobile_changed": ("school_mobile_changed", CHANGE),
    **{f"staff_{what}": ("staff_account", {**STAFF, **more, "what": what}) for what, more in COLLEAGUES.items()},
    "upstream_linked": ("upstream_linked", CHANGE),
    "upstream_unlinked": ("upstream_unlinked", CHANGE),
    "validate_email": ("validate_email", {"account": ACCOUNT, **LINK}),
    "validate_new_email": ("validate_email", LINK),
}
"""By the name of its picture: the message and its facts."""
