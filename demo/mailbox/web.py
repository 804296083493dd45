"""The pages, the JSON, and the SMS gateway's door."""

import hmac
import struct
import time
from base64 import b32decode
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request, url_for

from demo.mailbox.store import Store

CSP = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
"""The second factor of the demo's staff accounts, which exist in the demo only."""
CHANNELS = {"sms": "SMS", "mail": "E-mail"}


def totp(secret: str, at: float) -> str:
    """The six digits of that moment (RFC 6238 §4, SHA-1, 30 seconds)."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", int(at) // 30), "sha1")
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def create_app(store: Store) -> Flask:
    """The mailbox's web application."""
    here = Path(__file__).parent
    app = Flask("mailbox", template_folder=str(here / "templates"), static_folder=str(here / "static"))
    app.config.update(MAX_CONTENT_LENGTH=1_000_000)
    app.jinja_env.globals["channels"] = CHANNELS

    @app.after_request
    def protect(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = CSP
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @app.get("/")
    def index() -> str:
        channel = request.args.get("channel", "")
        to = request.args.get("to", "")
        return render_template("index.html", messages=store.find(channel=channel, to=to), channel=channel, to=to)

    @app.get("/messages/<int:message_id>")
    def message(message_id: int) -> str | tuple[str, int]:
        found = store.get(message_id)
        if found is None:
            return render_template("gone.html"), 404
        return render_template("message.html", message=found)

    @app.post("/vider")
    def empty() -> Any:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return render_template("gone.html"), 403
        store.clear()
        return redirect(url_for("index"), 303)

    @app.get("/totp")
    def second_factor() -> str:
        now = time.time()  # noqa: TID251  # A program of its own.
        return render_template("totp.html", code=totp(TOTP_SECRET, now), seconds=30 - int(now) % 30)

    _add_json(app, store)
    return app


def _add_json(app: Flask, store: Store) -> None:
    @app.get("/api/messages")
    def messages() -> Any:
        after = request.args.get("after", "0") or "0"
        channel = request.args.get("channel", "")
        if not (after.isascii() and after.isdecimal()) or len(after) > 18 or channel not in ("", *CHANNELS):
            return jsonify(error="after is an id, channel is sms or mail"), 400
        return jsonify(store.find(channel=channel, to=request.args.get("to", ""), after=int(after)))

    @app.delete("/api/messages")
    def clear() -> tuple[str, int]:
        store.clear()
        return "", 204

    @app.post("/sms")
    def receive() -> Any:
        """The generic gateway: JSON `id`, `to`, `from`, `text`; 202 with our id; the same id again changes nothing."""
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not all(isinstance(body.get(k), str) and body[k] for k in ("to", "text")):
            return jsonify(error="a JSON object with to and text is needed"), 400
        external = body.get("id")
        sender = body.get("from", "")
        if not isinstance(external, str | None) or not isinstance(sender, str):
            return jsonify(error="id and from are text"), 400
        try:
            kept = store.add("sms", to=body["to"], sender=sender, text=body["text"], external_id=external or None)
        except UnicodeEncodeError:
            return jsonify(error="the text is not Unicode"), 400
        return jsonify(id=str(kept)), 202
