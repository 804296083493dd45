"""The application: endpoints and pages under /api/v2, headers, the journal."""

from pathlib import Path

from flask import Flask, Response, request

from demo.franceconnect.endpoints import endpoints
from demo.franceconnect.memory import Entry
from demo.franceconnect.pages import BASE, pages
from demo.franceconnect.simulator import Simulator

CSP = "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def create_app(simulator: Simulator) -> Flask:
    """The platform's web application."""
    here = Path(__file__).parent
    app = Flask("franceconnect", template_folder=str(here / "templates"), static_folder=str(here / "static"))
    app.config.update(MAX_CONTENT_LENGTH=100_000, SIMULATOR=simulator)
    app.register_blueprint(endpoints, url_prefix=BASE)
    app.register_blueprint(pages, url_prefix=BASE)

    @app.before_request
    def note() -> None:
        """Write the request down before anything refuses it."""
        parameters = {**request.args.to_dict(flat=False), **request.form.to_dict(flat=False)}
        scheme = request.headers.get("Authorization", "").partition(" ")[0]
        entry = Entry(simulator.clock.now(), request.method, request.path, parameters, scheme)
        if not request.path.startswith("/static/"):
            simulator.memory.journal.append(entry)
        simulator.wait("slow_all")

    @app.after_request
    def protect(answer: Response) -> Response:
        if answer.mimetype == "text/html":
            answer.headers["Content-Security-Policy"] = CSP
            answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return app
