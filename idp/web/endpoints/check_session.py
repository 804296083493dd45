"""`check_session_iframe` (OpenID Connect Session Management §3.3): the one page that others may frame."""

from collections.abc import Mapping

from idp.provider.core import Provider
from idp.web import security
from idp.web.dispatch import Endpoint
from idp.web.http import HttpAnswer, HttpRequest

PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>check_session_iframe</title>
<script src="static/check_session.js" data-cookie="{cookie}"></script></head><body></body></html>
"""
HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "public, max-age=300"),
    ("Content-Security-Policy", "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors *"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)


def endpoints(provider: Provider) -> Mapping[tuple[str, str], Endpoint]:
    """`/check_session`, answered in front of Flask: the pages' headers would keep it from being framed."""
    page = PAGE.format(cookie=security.cookie_name(security.STATE, provider.issuer)).encode()
    answer = HttpAnswer(200, HEADERS, page)

    def show(http: HttpRequest) -> HttpAnswer:
        return answer

    return {("GET", "/check_session"): show}
