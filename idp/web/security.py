"""What protects pages in the browser: the cookies, the form token with its Origin check, the headers."""

import datetime as dt
import hashlib
import hmac
import re
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import BadRequest
from werkzeug.http import dump_cookie

from idp import audit
from idp.accounts import sessions
from idp.db import db
from idp.oidc import session_state
from idp.settings import Settings

BROWSER = "idp_browser"
SESSION = "idp_session"
STATE = "idp_state"
"""What the page of `check_session_iframe` reads; it goes with the session's cookie and opens nothing."""
GIVEN = re.compile("[A-Za-z0-9_-]{40,64}")
"""The form of the browser's cookie."""
TOKEN_FIELD = "csrf_token"
NEVER_TYPED = frozenset(
    {
        *("state", "role", "roles", "is_admin", "acr", "amr", "password_hash"),
        *("account_id", "responsable_id", "pupil_id", "session_id", "client_id", "scope", "sub"),
        *("email_verified", "email_verified_at", "mobile_verified", "mobile_verified_at"),
    }
)
"""What our records hold and no form of a parent's page has: whoever sends it hopes that a form is copied whole."""
WITH_SUCH_FIELDS = frozenset({"consoles", "end_session", "consent", "device"})
"""Rooms whose own forms have fields of these names."""


class FormRefused(BadRequest):
    """A form that does not prove that this browser's own page sent it. `foreign`: another site did, or may have."""

    code: int = 400

    def __init__(self, *, foreign: bool) -> None:
        super().__init__("form")
        self.foreign = foreign


def cookie_name(name: str, issuer: str) -> str:
    """With https, the `__Host-` prefix: no neighbour of the domain can plant the cookie (RFC 6265bis §4.1.3.2)."""
    return f"__Host-{name}" if issuer.startswith("https:") else name


def cookie_header(issuer: str, full_name: str, value: str, max_age: dt.timedelta | None = None) -> str:
    """The `Set-Cookie` of a cookie that no script reads and no other site's form brings."""
    secure = issuer.startswith("https:")
    return dump_cookie(full_name, value, max_age=max_age, secure=secure, httponly=True, samesite="Lax", path="/")


def set_cookie(response: Response, name: str, value: str, max_age: dt.timedelta | None = None) -> None:
    """A cookie that lives for `max_age`, or as long as the browser's window."""
    issuer = settings().server.issuer
    response.headers.add("Set-Cookie", cookie_header(issuer, cookie_name(name, issuer), value, max_age))


def session_cookies(value: str, issuer: str) -> tuple[str, str]:
    """The `Set-Cookie` headers of a session: its own, and the one that our script reads."""
    secure = issuer.startswith("https:")
    state = session_state.browser_state(sessions.digest(value))
    # Read in a frame of another site: neither HttpOnly nor, where there is https, SameSite.
    same_site = "None" if secure else "Lax"
    readable = dump_cookie(cookie_name(STATE, issuer), state, secure=secure, samesite=same_site, path="/")
    return cookie_header(issuer, cookie_name(SESSION, issuer), value), readable


def give_session(response: Response, value: str) -> None:
    """Let the browser have this session from now on."""
    for header in session_cookies(value, settings().server.issuer):
        response.headers.add("Set-Cookie", header)


def delete_cookie(response: Response, name: str) -> None:
    """Make the browser forget a cookie."""
    issuer = settings().server.issuer
    secure = issuer.startswith("https:")
    response.delete_cookie(cookie_name(name, issuer), secure=secure, httponly=True, samesite="Lax", path="/")
    if name == SESSION:
        same_site = "None" if secure else "Lax"
        response.delete_cookie(cookie_name(STATE, issuer), secure=secure, samesite=same_site, path="/")


def read_cookie(name: str) -> str:
    """The cookie's value, empty when absent."""
    return request.cookies.get(cookie_name(name, settings().server.issuer), "")


def settings() -> Settings:
    """The settings of the running application."""
    found: Settings = current_app.config["IDP"]
    return found


def is_browser_secret(cookie: str) -> bool:
    """Whether we may have given this value."""
    return GIVEN.fullmatch(cookie) is not None


def browser_secret(cookie: str) -> tuple[str, bool]:
    """The secret of the browser that sent this cookie, and whether it is new: a value that we never give is none."""
    if is_browser_secret(cookie):
        return cookie, False
    return secrets.token_urlsafe(32), True


def browser() -> str:
    """The secret that ties flows and forms to this browser; a new one is sent with the answer."""
    if "browser" not in g:
        g.browser, g.browser_is_new = browser_secret(read_cookie(BROWSER))
    return str(g.browser)


def is_new_browser() -> bool:
    """Whether the request came without our cookie: what the browser had begun is lost."""
    browser()
    return bool(g.browser_is_new)


def csrf_token() -> str:
    """The token of a page's forms: a hash of the browser's cookie, which no other site can read or plant."""
    return form_token(browser())


def form_token(browser_secret: str) -> str:
    """The same, for the browser of this secret."""
    return hashlib.sha256(f"csrf|{browser_secret}".encode()).hexdigest()


def check_form() -> None:
    """Refuse, with 400, a form that this browser's own page did not send (OWASP WSTG-SESS-05)."""
    ours = (origin_of(settings().server.issuer), request.host_url.rstrip("/"))
    if is_foreign(request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", ""), *ours):
        raise FormRefused(foreign=True)
    if not is_token_of(browser(), request.form.get(TOKEN_FIELD, "")):
        raise FormRefused(foreign=False)
    _note_planted_fields()


def is_foreign(origin: str | None, fetch_site: str, *ours: str) -> bool:
    """Whether these headers of a form tell that another site sent it (OWASP WSTG-SESS-05)."""
    return (origin is not None and origin not in ours) or fetch_site not in ("", "same-origin", "none")


def is_token_of(browser_secret: str, typed: str) -> bool:
    """Whether it is the form token of this browser."""
    return hmac.compare_digest(typed.encode("utf-8", "surrogatepass"), form_token(browser_secret).encode())


def _note_planted_fields() -> None:
    """Write down the attempt at once; the form is then read as if they were not there (ATTACKS 103)."""
    planted = NEVER_TYPED & request.form.keys()
    if not planted or request.blueprint in WITH_SUCH_FIELDS:
        return
    session = sessions.find(read_cookie(SESSION), settings().sessions)
    account_id = session.account_id if session else None
    audit.record("form.planted_field", account_id=account_id, page=request.endpoint, fields=" ".join(sorted(planted)))
    db.session.commit()


def allow_form_target(url: str) -> None:
    """Let a form of this page end at the service that is waiting: browsers hold form-action on redirects too."""
    parts = urlsplit(url)
    g.form_targets = [*g.get("form_targets", []), origin_of(url) if parts.netloc else f"{parts.scheme}:"]


def allow_frame(url: str) -> None:
    """Let this page load a client's logout address, at its origin alone (attack 65)."""
    g.frames = [*g.get("frames", []), origin_of(url)]


def register(app: Flask) -> None:
    """Put the headers on every answer of the pages."""
    app.after_request(_add_headers)
    app.jinja_env.globals.update(csrf_token=csrf_token)


def origin_of(url: str) -> str:
    """Scheme and authority, with nothing that could end a header's value."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".translate({ord(c): None for c in " ;,'\r\n"})


def _add_headers(response: Response) -> Response:
    if g.get("browser_is_new"):
        set_cookie(response, BROWSER, g.browser)
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.path.startswith("/static/"):
        return response
    headers.setdefault("Cache-Control", "no-store")
    response.vary.add("Cookie")
    if response.mimetype != "text/html":
        return response
    response.vary.add("Accept-Language")
    headers.setdefault("Content-Security-Policy", _policy())
    headers.setdefault("X-Frame-Options", "DENY")
    # Not no-referrer: browsers then send `Origin: null` with our own forms.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), otp-credentials=(self)")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    return response


def _policy() -> str:
    forms = " ".join(["'self'", *g.get("form_targets", [])])
    frames = " ".join(dict.fromkeys(g.get("frames", []))) or "'none'"
    return (
        f"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action {forms}; "
        f"frame-src {frames}; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
