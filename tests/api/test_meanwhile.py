"""A change that meets another one: what the other took away stays taken away."""

from collections.abc import Callable

import pytest

from idp.db import db
from idp.relying_parties import administration
from idp.services import service
from tests.conftest import BOTH_DATABASES
from tests.endpoints.test_taken_back import beside, until_it_waits
from tests.registrations import REDIRECT_URI

__all__ = ["beside"]

CLIENT = {"redirect_uris": [REDIRECT_URI], "scope": "openid profile"}
SERVICE = {"title": "Cantine", "link": "https://cantine.example.fr/"}
Act = Callable[..., object]
PLACES = pytest.mark.parametrize(
    ("address", "document", "act", "taken", "said"),
    [
        (
            "/clients/cantine",
            CLIENT,
            administration.update,
            {"scope": "openid", "require_pkce": True},
            {"contacts": ["a@b.fr"]},
        ),
        ("/services/cantine", SERVICE, service.update, {"on": False}, {"title": "Cantine en ligne"}),
    ],
    ids=["client", "service"],
)


@BOTH_DATABASES
@PLACES
@pytest.mark.parametrize("conditional", [True, False], ids=["If-Match", "unconditional"])
def test_a_patch_that_waited_for_an_administrator_has_seen_the_change(
    app, program, beside, address: str, document, act: Act, taken, said, conditional: bool
):
    seen = program.calls("PUT", address, document).headers["ETag"]

    with app.app_context():
        act("cantine", taken, by="admin", demo=False)
        patched = beside.submit(program.calls, "PATCH", address, said, **({"If-Match": seen} if conditional else {}))
        until_it_waits(patched)
        db.session.commit()

    assert patched.result().status_code == (412 if conditional else 200)
    now = program.calls("GET", address).json
    assert {name: now[name] for name in taken} == taken
    assert conditional or {name: now[name] for name in said} == said
