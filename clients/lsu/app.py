"""The viewer's pages: a child's reports, and a report."""

import datetime as dt
import io
import os
from pathlib import Path

from flask import Flask, abort, render_template, request, send_file
from werkzeug.wrappers import Response

from clients.children import Child, children_of
from clients.config import check_address, load
from clients.login import Login, current_session
from clients.lsu.config import LsuConfig
from clients.lsu.store import ReportStore
from clients.serve import CONFIG_VARIABLE
from clients.web import create_app

PDF_POLICY = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For the file alone: a browser's own PDF reader needs styles and objects of its own."""


def from_environment() -> Flask:
    """The program for the server: the file's path is in CLIENT_CONFIG."""
    return create_lsu(load_lsu(Path(os.environ[CONFIG_VARIABLE])))


def load_lsu(path: Path) -> LsuConfig:
    config = load(path, LsuConfig)
    if config.portal_url:
        check_address(path, "portal_url", config.portal_url)
    return config


def create_lsu(config: LsuConfig) -> Flask:
    app = create_app("lsu", config)
    app.context_processor(lambda: {"portal_url": config.portal_url})
    app.add_template_filter(french_day)
    app.add_template_filter(kilobytes)
    login: Login = app.extensions["login"]
    store = ReportStore(config.database)

    @app.get("/")
    def reports() -> str | Response:
        session = current_session()
        if session is None:
            return login.start(own_address())
        children = children_of(session.claims)
        store.recognise(children)
        chosen = chosen_child(children, request.args.get("eleve"))
        others = [child for child in children if child is not chosen]
        return render_template(
            "reports.html", child=chosen, others=others, reports=store.reports_of(chosen) if chosen else []
        )

    @app.get("/bilans/<report_id>.pdf")
    def report(report_id: str) -> Response:
        session = current_session()
        if session is None:
            return login.start(own_address())
        children = children_of(session.claims)
        store.recognise(children)
        document = store.find(report_id, children)
        if document is None:
            abort(404)
        return pdf_response(document.pdf, document.file_name, saved="enregistrer" in request.args)

    return app


def own_address() -> str:
    """This page's path and query, to come back to after the login."""
    return request.full_path.rstrip("?")


def chosen_child(children: list[Child], hint: str | None) -> Child | None:
    """The child that the address names, otherwise the first. The hint only chooses among one's own."""
    named = [child for child in children if child.hint == hint]
    return next(iter(named or children), None)


def pdf_response(pdf: bytes, file_name: str, saved: bool) -> Response:
    """The file, shown by the browser or saved under its name (RFC 6266)."""
    response = send_file(
        io.BytesIO(pdf), "application/pdf", as_attachment=saved, download_name=file_name, conditional=False, etag=False
    )
    response.headers["Content-Security-Policy"] = PDF_POLICY
    return response


def french_day(iso: str) -> str:
    """«04/04/2026»."""
    return dt.date.fromisoformat(iso).strftime("%d/%m/%Y")


def kilobytes(size: int) -> str:
    return f"{max(1, round(size / 1000))}\u00a0ko"
