"""A program that keeps client applications, and the API that it calls."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.relying_parties.resource_servers import ADMINISTRATION, ADMINISTRATION_SCOPES
from tests.endpoints.conftest import RelyingParty, protocol, register, register_api, settings

__all__ = ["protocol", "register", "register_api", "settings"]


class Program:
    """A service client with a token of its own."""

    def __init__(self, party: RelyingParty, token: str) -> None:
        self.party = party
        self.token = token

    def calls(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        address = f"/api/admin/v1{path}"
        if body is None:
            return self.party.browser.open(address, method=method, headers=sent)
        return self.party.browser.open(address, method=method, headers=sent, json=body)


@pytest.fixture
def program_with(register: Callable[..., RelyingParty]) -> Callable[..., Program]:
    def make(*scopes: str, client_id: str = "outillage") -> Program:
        scope = " ".join(scopes)
        party = register(client_id, scope=scope, resources=[ADMINISTRATION], grant_types=["client_credentials"])
        answer = party.post("/token", {"grant_type": "client_credentials", "scope": scope})
        assert answer.status_code == 200, answer.text
        return Program(party, answer.json["access_token"])  # type: ignore[index]

    return make


@pytest.fixture
def program(program_with: Callable[..., Program]) -> Program:
    """May do all that the API has."""
    return program_with(*ADMINISTRATION_SCOPES)
