"""Every page of the consoles, taken from the URL map: accessible and fitting, at 1280 px light and 320 px dark."""

import pytest
from flask import Flask

from idp.staff.models import ROLES
from tests.consoles.matrix import address, doors, logged_in, objects  # noqa: F401
from tests.pages.conftest import Show
from tests.pages.test_pages import faults

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SIGHTS = ((1280, "light"), (320, "dark"))
SHARDS = 4
"""The pages of a role are dealt out to that many tests, which test processes share."""


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("role", ROLES)
def test_each_page_of_the_console_is_accessible_and_fits(
    app: Flask,
    clock,  # type: ignore[no-untyped-def]
    objects,  # type: ignore[no-untyped-def]
    show: Show,
    role: str,
    shard: int,
) -> None:
    person = logged_in(app, clock, role)
    own = objects["here"]
    pages = [door for door in doors(app) if door.method == "GET" and role in door.guard.roles]
    found = []

    for door in pages[shard::SHARDS]:
        answer = person.browser.get(address(app, door, own))
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        window = show(person.browser, answer)
        name = f"gestion-{role}-{door.rule.endpoint.partition('.')[2]}"
        found += [fault for width, scheme in SIGHTS for fault in faults(window, name, width, scheme)]

    assert found == []
