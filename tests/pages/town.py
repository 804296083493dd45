"""What the table of pages may use to get to a page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import render_template
from werkzeug.test import Client, TestResponse

from clients.lsu.seed import load_reports, seed
from clients.lsu.store import ReportStore
from demo.mailbox.store import Store
from demo.mailbox.web import create_app as create_mailbox
from tests.clients.conftest import FATOUMATA, Browser, Developer
from tests.journeys.conftest import Parent

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "clients" / "lsu" / "reports" / "sample.toml"
LATER = {"previous_login_at": 1_512_041_888}


@dataclass(frozen=True)
class Sight:
    """An answer, and the browser that got it."""

    browser: Client
    page: TestResponse


class Town:
    """The people and programs around a page. `use` gives any fixture of the journeys by its name."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request, self._folder = request, folder

    def use(self, name: str) -> Any:
        return self._request.getfixturevalue(name)

    @property
    def parent(self) -> Parent:
        """Valéry DURANT, in front of a fresh browser."""
        found: Parent = self.use("parent")
        return found

    def rendered(self, template: str, path: str = "/", **values: Any) -> Sight:
        """A template of the provider with values of its own, for pages that are hard to come to."""
        app = self.use("app")
        app.add_url_rule("/page", "page_of_the_table", lambda: render_template(template, **values))
        browser = app.test_client()
        page = browser.get("/page")
        assert page.status_code == 200, page.text
        return Sight(browser, page)

    def portal(self, path: str = "/", **claims: Any) -> Sight:
        """A page of the portal, for a parent who is logged in."""
        return self._logged_in(self.use("portal"), path, LATER | claims)

    def portal_without_list(self) -> Sight:
        """The portal while the provider's list of services cannot be had."""
        self.use("portal").provider.services = None
        return self.portal()

    def lsu(self, path: str = "/", **claims: Any) -> Sight:
        """A page of the viewer, with the sample reports."""
        list(seed(ReportStore(self.use("lsu_config").database), load_reports(REPORTS)))
        return self._logged_in(self.use("lsu"), path, claims)

    def tryit(self, path: str = "/resultat") -> Sight:
        """A page of «Essayer la connexion», after a login whose tokens can be refreshed."""
        browser: Developer = self.use("tryit")
        browser.logs_in("scope=profile&scope=offline_access&claim=email")
        return Sight(browser.client, browser.open(path))

    def tryit_refused(self) -> Sight:
        """The page of an error that the provider answered."""
        browser: Developer = self.use("tryit")
        description = "nobody is logged in, or not recently enough"
        page = browser.logs_in("prompt=none", code=None, error="login_required", error_description=description)
        return Sight(browser.client, page)

    def without_children(self) -> dict[str, Any]:
        return {**FATOUMATA, "eleves": []}

    def _logged_in(self, browser: Browser, path: str, claims: dict[str, Any]) -> Sight:
        browser.provider.userinfo = claims | {"sub": browser.provider.person["sub"]}
        browser.logs_in()
        return Sight(browser.client, browser.open(path))

    def logged_out(self, program: str, path: str) -> Sight:
        """A page of the portal or the viewer that needs no login."""
        client = self.use(program).client
        return Sight(client, client.get(path))

    def mailbox(self, path: str = "/") -> Sight:
        """The mailbox with an SMS and a mail."""
        store = Store(self._folder / "mailbox")
        store.add("sms", to="+33639981234", sender="EduConnect", text="ÉduConnect : votre code est 123456.")
        html = "<p>Bonjour</p>"
        store.add("mail", to="f.sow@example.org", sender="n@example.org", subject="Bonjour", text="Bonjour", html=html)
        client = create_mailbox(store).test_client()
        return Sight(client, client.get(path))
