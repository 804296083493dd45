"""The vocabulary of services: somebody who administers them, and the list that portals get."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.db import db
from idp.relying_parties import administration
from idp.services import service
from idp.services.service import Change

START = "https://lsu.example.fr/initiate"


class Services:
    """Administers the services of an application, and asks for them as a portal does."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def put(self, service_id: str = "lsu", **members: Any) -> Change:
        with self.app.app_context():
            usual = {"title": "Livret scolaire", "client_id": "lsu"}
            change = service.put(service_id, {**usual, **members}, by="test", demo=False)
            db.session.commit()
            db.session.expunge_all()
        return change

    def link(self, service_id: str, **members: Any) -> Change:
        """A service without a client."""
        address = {"link": f"https://{service_id}.example.fr/", "client_id": ""}
        return self.put(service_id, title=service_id.title(), **{**address, **members})

    def act(self, act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.app.app_context():
            done = act(*arguments, by="test", **named)
            db.session.commit()
        return done

    def asked(self, **headers: str) -> TestResponse:
        return self.app.test_client().get("/services", headers=headers)

    def shown(self) -> list[dict[str, Any]]:
        """What portals show."""
        answer = self.asked().json
        assert answer is not None
        found: list[dict[str, Any]] = answer["services"]
        return found

    def ids(self) -> list[str]:
        return [one["id"] for one in self.shown()]


@pytest.fixture
def services(app: Flask) -> Services:
    """With a client application that starts its own login."""
    members = {"redirect_uris": ["https://lsu.example.fr/retour"], "initiate_login_uri": START}
    services = Services(app)
    services.act(administration.put, "lsu", {"client_name": "LSU", **members}, demo=False)
    return services
