"""What the pages of an upstream login share."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, render_template, request, send_file, url_for

from idp.accounts import sessions
from idp.accounts.models import Account
from idp.db import db
from idp.errors import Refusal
from idp.flows import franceconnect as journey
from idp.flows.models import Flow
from idp.flows.steps import FINISHED
from idp.franceconnect import service as links
from idp.franceconnect import watch
from idp.franceconnect.upstreams import FRANCECONNECT
from idp.web import security
from idp.web.hot import hot_path
from idp.web.pages.flow import Answer
from idp.web.pages.frame import see_other, way_out
from idp.web.pages.login import after_login, open_session
from idp.web.upstream_logout import allow_form_targets, logins

pages = Blueprint("franceconnect", __name__, url_prefix="/franceconnect")
KNOWN_COOKIE = "idp_upstream"
"""Names the upstream by which this browser logged in last: less is asked there the next time. It opens nothing."""
METHODS = {FRANCECONNECT: "fc"}
"""`amr` of a login upstream, beside what the upstream says; `fed` for others."""


def register(app: Flask) -> None:
    """Give the templates the buttons."""
    app.jinja_env.globals.update(upstreams=buttons, franceconnect_picture=_picture)


def buttons(flow: Flow | None = None) -> list[dict[str, Any]]:
    """One entry an upstream that is on; `away`: the flow's parent went there and has not come back."""
    allow_form_targets()
    return [
        {
            "key": one.key,
            "name": one.name,
            "issuer": one.issuer,
            "down": is_down(one.key),
            "away": flow is not None and journey.is_away(flow, one.key),
        }
        for one in logins().upstreams
    ]


def is_down(upstream: str) -> bool:
    """Whether the upstream does not answer."""
    return watch.is_down(upstream, logins(), hot_path())


def _picture() -> str:
    """The address of the deployer's official picture for the button; empty: it is drawn."""
    return url_for("franceconnect.picture") if security.settings().franceconnect.button_file else ""


@pages.get("/bouton")
def picture() -> Response:
    """The deployer's file, as an image and nothing else."""
    file = security.settings().franceconnect.button_file
    if not file:
        abort(404)
    answer = send_file(Path(file).absolute(), max_age=86_400)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer


def log_in(flow: Flow, account: Account, upstream: str, *, proved: str = "", then: str = "") -> Answer:
    """The flow has reached its account: open its session, which remembers the login upstream for its logout.

    `proved` names what was shown here beside it, `then` the page to go on with.
    """
    kept = links.kept_login(flow.id)
    methods = [METHODS.get(upstream, "fed"), *(kept[1].amr if kept else ()), *proved.split()]
    acr = kept[1].acr if kept else ""
    cookie = open_session(account, " ".join(dict.fromkeys(methods))[:60], acr=acr)
    session = sessions.find(cookie, security.settings().sessions)
    assert session is not None
    links.hand_over(flow.id, session.public_id)
    destination = then or after_login(flow, account)
    db.session.commit()
    answer = see_other(destination)
    security.give_session(answer, cookie)
    security.set_cookie(answer, KNOWN_COOKIE, upstream)
    return answer


def step_url(flow: Flow) -> str:
    """Where the flow stands."""
    step = journey.current_step(flow)
    if step in ("", FINISHED):
        return way_out(flow) if flow.ended_at is not None else url_for("login.show", flow_id=flow.id)
    return url_for("franceconnect.show", flow_id=flow.id, step=step)


def show(template: str, flow: Flow, refusal: Refusal | None = None, **values: Any) -> str:
    """One of the journey's pages."""
    allow_form_targets()
    return render_template(
        f"franceconnect/{template}.html",
        flow=flow,
        refusal=refusal,
        kind=type(refusal).__name__ if refusal else "",
        **values,
    )


def known_upstream() -> str:
    """The upstream by which this browser logged in before."""
    return request.cookies.get(security.cookie_name(KNOWN_COOKIE, security.settings().server.issuer), "")
