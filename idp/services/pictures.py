"""The pictures of tiles: a small set of our own, served from `static/services`, or the client's logo as drawn by us."""

from collections.abc import Collection

from sqlalchemy import select

from idp.db import db
from idp.relying_parties.models import Logo

NAMES = ("book", "pencil", "calendar", "letter", "fork", "bus", "compass", "folder")
LOGO = "logo"
USUAL = "folder"


def with_logo(client_ids: Collection[str]) -> set[str]:
    """Those of these clients whose logo we have."""
    return set(db.session.scalars(select(Logo.client_id).where(Logo.client_id.in_(client_ids))))


def address(picture: str, client_id: str | None, logos: Collection[str]) -> str:
    """The picture's path on our own host; that of a logo that is gone is the usual one."""
    if picture == LOGO and client_id in logos:
        return f"/logos/{client_id}.png"
    return f"/static/services/{picture if picture in NAMES else USUAL}.svg"
