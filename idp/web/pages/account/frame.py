"""What the tabs of «Mon compte» share: their blueprint and the frame around them."""

from typing import Any

from flask import Blueprint, Response, render_template, url_for
from sqlalchemy.orm.exc import ObjectDeletedError

from idp.accounts.models import Session
from idp.db import db
from idp.web.pages.frame import see_other

pages = Blueprint("account", __name__, url_prefix="/compte")


@pages.errorhandler(ObjectDeletedError)
def session_ended_meanwhile(error: ObjectDeletedError) -> Response:
    """Another request, a reset for example, ended this session while the page was being made: to the login page."""
    db.session.rollback()
    return see_other(url_for("account.informations"))


def show(template: str, session: Session, **values: Any) -> str:
    """A page of the account: `templates/account/<template>.html`, under the name of who is logged in."""
    return render_template(f"account/{template}.html", account=session.account, session=session, **values)
