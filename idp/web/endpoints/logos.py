"""Clients' logos, as the provider drew them (OpenID Connect Registration §2, `logo_uri`)."""

from flask import Blueprint, Response, abort

from idp.db import db
from idp.relying_parties.models import Logo

blueprint = Blueprint("logos", __name__)


@blueprint.get("/logos/<client_id>.png")
def show(client_id: str) -> Response:
    """Our own PNG: nothing of the client's file is left in it."""
    row = db.session.get(Logo, client_id)
    if row is None:
        abort(404)
    headers = {"Cache-Control": "public, max-age=3600", "Content-Security-Policy": "default-src 'none'"}
    return Response(row.png, headers=headers, mimetype="image/png")
