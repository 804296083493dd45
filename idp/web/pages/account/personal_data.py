"""«Télécharger mes données»: a page to read, and the same as JSON to take away."""

import orjson
from flask import Response

from idp import audit
from idp.db import db
from idp.flows import personal_data
from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_fresh_login

FRESH_MINUTES = 15


@pages.get("/donnees")
def data() -> str:
    session = require_fresh_login(FRESH_MINUTES)
    return show("personal_data", session, data=personal_data.collect(session.account))


@pages.get("/donnees.json")
def data_as_json() -> Response:
    """Only its line in the audit log is written."""
    session = require_fresh_login(FRESH_MINUTES)
    audit.record("account.data_exported", account_id=session.account_id)
    body = orjson.dumps(personal_data.collect(session.account), option=orjson.OPT_INDENT_2)
    db.session.commit()
    name = f'attachment; filename="mes-donnees-{session.account.identifiant}.json"'
    return Response(body, mimetype="application/json", headers={"Content-Disposition": name})
