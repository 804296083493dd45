"""The API for administrators' programs, /api/admin/v1 (docs/administration.md).

One table of routes is mounted, guarded by its scopes, and described as an OpenAPI document: none can differ.
"""

from flask import Flask, Response, current_app

from idp.web.api import clients, records, schools, services
from idp.web.api.openapi import describe
from idp.web.api.route import Route, blueprint, json, mount

ROUTES: tuple[Route, ...] = (*clients.ROUTES, *services.ROUTES, *schools.ROUTES, *records.ROUTES)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The document; open to all, as discovery is."""
    return json(describe(ROUTES, current_app.config["IDP"].server.issuer))


mount(ROUTES)


def register(app: Flask) -> None:
    """Add the routes, and a refusal for everything else below."""
    app.register_blueprint(blueprint)
