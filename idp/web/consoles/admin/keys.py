"""Keys: their states, rotation, and taking one away that somebody else may have."""

import datetime as dt
from pathlib import Path

from flask import abort, request, url_for
from flask_babel import gettext as _

from idp import audit, clock
from idp.db import db
from idp.errors import ConfigurationError
from idp.provider import keys as key_files
from idp.staff.borders import administered
from idp.web import security
from idp.web.consoles import navigation
from idp.web.consoles.admin import words
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff

navigation.add("administrator", "keys", lambda: _("Clés de signature"), "key")


def _directory() -> Path:
    return Path(security.settings().keys.directory)


@pages.get("/cles")
@opened_to("administrator", border=administered)
def keys() -> Answer:
    """Every key and its state."""
    files = key_files.list_files(_directory())
    untils = {file.kid: dt.datetime.fromtimestamp(file.until, dt.UTC) for file in files if file.until}
    return show(
        "admin/keys",
        files=files,
        untils=untils,
        now=clock.now(),
        states=words.KEY_STATES,
        done=request.args.get("fait", ""),
        seconds=security.settings().keys.reload_seconds,
    )


@pages.route("/cles/tourner", methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def keys_rotate() -> Answer:
    """The next keys sign, the current ones retire."""
    if request.method == "GET":
        return show("admin/key_act", file=None, failed=False)
    keep = key_files.published_seconds(security.settings().tokens)
    now = int(clock.now().timestamp())
    try:
        key_files.rotate(_directory(), now=now, keep_seconds=keep, algorithms=key_files.USUAL)
    except (ConfigurationError, OSError):
        return show("admin/key_act", file=None, failed=True), 422
    audit.record("key.rotated", by=staff().by, algorithms=" ".join(key_files.USUAL))
    db.session.commit()
    return see_other(url_for("consoles.keys", fait="tourner"))


@pages.route("/cles/<kid>/revoquer", methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def keys_revoke(kid: str) -> Answer:
    """What the key signed is refused from then on."""
    file = next((file for file in key_files.list_files(_directory()) if file.kid == kid), None)
    if file is None:
        abort(404)
    if request.method == "GET":
        return show("admin/key_act", file=file, failed=False)
    try:
        key_files.revoke(_directory(), kid)
    except (ConfigurationError, OSError):
        return show("admin/key_act", file=file, failed=True), 422
    audit.record("key.revoked", by=staff().by, kid=kid)
    db.session.commit()
    return see_other(url_for("consoles.keys", fait="revoquer"))
