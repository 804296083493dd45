"""What pages say of a service: its name, its logo drawn by us, its links, and whether somebody looked at it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from idp.db import db
from idp.relying_parties.models import Logo

LINKS = ("client_uri", "policy_uri", "tos_uri")
HAS_LOGO = select(Logo.client_id).where(Logo.client_id == bindparam("client_id"))


def describe(client_id: str, name: str, metadata: Mapping[str, Any], *, reviewed: bool) -> dict[str, Any]:
    """For `components/service.html`; `logo` is an address of ours (attack 27)."""
    has_logo = db.session.execute(HAS_LOGO, {"client_id": client_id}).first() is not None
    return {
        "client_name": name,
        "logo": f"/logos/{client_id}.png" if has_logo else "",
        "reviewed": reviewed,
        **{member: metadata[member] for member in LINKS if member in metadata},
    }
