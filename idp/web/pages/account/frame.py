"""What the tabs of «Mon compte» share: their blueprint and the frame around them."""

from typing import Any

from flask import Blueprint, render_template

from idp.accounts.models import Session

pages = Blueprint("account", __name__, url_prefix="/compte")


def show(template: str, session: Session, **values: Any) -> str:
    """A page of the account: `templates/account/<template>.html`, under the name of who is logged in."""
    return render_template(f"account/{template}.html", account=session.account, session=session, **values)
