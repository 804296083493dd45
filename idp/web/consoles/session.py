"""Who opens a page of the consoles: guards, as decorators that each page must have."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response, abort, current_app, g, redirect, request, url_for

from idp import audit
from idp.db import db
from idp.staff import browsers, sessions
from idp.staff.borders import Border, no_object
from idp.staff.browsers import Place
from idp.staff.models import Role, StaffAccount, StaffSession
from idp.web import security

COOKIE = "idp_staff"
KNOWN = "idp_staff_browser"
"""What a browser keeps in which somebody was let in; it opens nothing."""
ROOT = "/gestion"
FIELDS = 64 * 1024
"""Room for the other fields beside an uploaded file."""

Answer = str | Response | tuple[str, int]
View = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Guard:
    """What a page demands; the matrix of the tests is made of these."""

    roles: tuple[Role, ...] = ()
    """Empty: before a login."""
    border: Border = no_object
    confirmed: bool = False
    uploads: bool = False
    """Whether its form may be as large as a school file, once somebody is logged in."""
    stages: tuple[str, ...] = ()
    """Stages of a session at which the page answers; empty: to anybody."""


def guard_of(view: Any) -> Guard | None:
    """The guard of a view."""
    found = getattr(view, "guard", None)
    return found if isinstance(found, Guard) else None


def opened_to(*roles: Role, border: Border, confirmed: bool = False, uploads: bool = False) -> Callable[[View], View]:
    """A page for these roles, as far as `border` lets each see."""
    return _guarded(Guard(roles, border, confirmed, uploads, ("open",)), _check_open)


def half_way(*stages: str) -> Callable[[View], View]:
    """A page between the password and the second factor; `open` too for somebody who changes one."""
    return _guarded(Guard(stages=stages), _check_half_way)


def before_login(view: View) -> View:
    """A page for anybody."""
    return _guarded(Guard(), lambda guard, arguments: None)(view)


def current() -> StaffSession:
    """The session of this request; a guard has found it."""
    found: StaffSession = g.staff_session
    return found


def staff() -> StaffAccount:
    """Who asks."""
    return current().staff


def see_other(url: str) -> Response:
    """Go on with GET."""
    answer = redirect(url, 303)
    assert isinstance(answer, Response)
    return answer


def find(*stages: str) -> StaffSession | None:
    """This browser's session, when it is at one of these stages."""
    return sessions.find(security.read_cookie(COOKIE), security.settings().staff, *stages)


def place() -> Place:
    """Where this request comes from."""
    return Place(request.remote_addr or "", security.read_cookie(KNOWN))


def know_browser(answer: Response, staff_id: str) -> None:
    """This colleague was let in here: what strangers try elsewhere does not keep this browser out."""
    settings = security.settings()
    cookie = browsers.remember(security.read_cookie(KNOWN), staff_id, settings.keys.directory)
    security.set_cookie(answer, KNOWN, cookie, dt.timedelta(days=settings.staff.known_browser_days))


def back_to(path: str) -> str:
    """A path under /gestion, as we gave it; anything else leads to the console's first page."""
    inside = path == ROOT or path.startswith((f"{ROOT}/", f"{ROOT}?"))
    plain = path.isascii() and path.isprintable() and "\\" not in path and len(path) < 500
    return path if inside and plain else url_for("consoles.home")


def _guarded(guard: Guard, check: Callable[[Guard, dict[str, Any]], Response | None]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> Answer:
            if request.method == "POST":
                if guard.uploads and find("open"):
                    request.max_content_length = security.settings().staff.upload_mib * 2**20 + FIELDS
                security.check_form()
            answer = check(guard, arguments)
            return view(**arguments) if answer is None else answer

        guarded.guard = guard  # type: ignore[attr-defined]
        return guarded

    return decorate


def _check_open(guard: Guard, arguments: dict[str, Any]) -> Response | None:
    session = find("open")
    if session is None:
        return see_other(url_for("consoles.login", vers=_page_asked()))
    g.staff_session = session
    if session.staff.role not in guard.roles:
        _refuse("staff.wrong_role", 403)
    if not guard.border(session.staff, **arguments):
        _refuse("staff.beyond_border", 404)
    if guard.confirmed and not sessions.is_confirmed(session, security.settings().staff):
        return see_other(url_for("consoles.confirm", vers=_page_asked()))
    db.session.commit()
    return None


def _check_half_way(guard: Guard, arguments: dict[str, Any]) -> Response | None:
    session = find(*guard.stages)
    if session is None:
        return see_other(url_for("consoles.login"))
    g.staff_session = session
    if session.stage == "open" and not sessions.is_confirmed(session, security.settings().staff):
        return see_other(url_for("consoles.confirm", vers=_page_asked()))
    db.session.commit()
    return None


def _refuse(event: str, status: int) -> None:
    audit.record(event, by=staff().by, page=request.endpoint or "")
    db.session.commit()
    abort(status)


def _page_asked() -> str:
    """The page to come back to; an address that only takes forms leads to the console's first page."""
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    adapter = current_app.create_url_adapter(request)
    shows = adapter is not None and adapter.test(request.path, "GET")
    return request.path if shows else url_for("consoles.home")
