"""Form Post Response Mode §2: a page whose form the browser sends by itself, or the reader by its button."""

from collections.abc import Mapping

from flask import Response

from idp.web.endpoints import browser

POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action {}; base-uri 'none'; "
POLICY += "frame-ancestors 'none'"


def page(action: str, fields: Mapping[str, str]) -> Response:
    """The form goes to that address and to no other; the script is a file, so that the policy stays strict."""
    response = browser.page("authorization/form_post.html", action=action, fields=fields)
    # A source expression holds no query and no separator of the policy's own (CSP Level 3 §2.3.1).
    source = action.partition("?")[0].replace(";", "%3B").replace(",", "%2C")
    response.headers["Content-Security-Policy"] = POLICY.format(source)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
