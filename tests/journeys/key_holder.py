"""A parent with an authenticator, and what a test of passkeys starts from."""

import msgspec
import pytest
from sqlalchemy import select

from idp.accounts.passkeys import Passkey
from idp.db import db
from tests.journeys.authenticator import Authenticator
from tests.journeys.conftest import Parent
from tests.journeys.merger import SEARCH

PATH = "/compte/connexions"


@pytest.fixture
def settings(settings):
    """An issuer with a name: browsers take no number as an RP id."""
    return msgspec.structs.replace(
        settings, server=msgspec.structs.replace(settings.server, issuer="http://localhost:8000")
    )


class KeyHolder(Parent):
    """A parent with an authenticator."""

    def asks_to_add(self):
        """The page's script asks for the challenge: the flow and the options."""
        self.opens(SEARCH)
        form = {"csrf_token": self.token()}
        return self.browser.post(f"{PATH}/cles/defi", data=form)

    def adds(self, authenticator, name="Téléphone", **changes):
        asked = self.asks_to_add().json
        answer = authenticator.creates(asked["options"], **changes)
        return self.sends(f"{PATH}/cles/ajouter", flow=asked["flow"], reponse=answer, nom=name)

    def asks_to_log_in(self):
        self.opens("/connexion")
        return self.browser.post(f"{self.path}/cle/defi", data={"csrf_token": self.token()}).json

    def logs_in_with(self, authenticator, **changes):
        options = self.asks_to_log_in()
        return self.sends(f"{self.path}/cle", reponse=authenticator.gets(options, **changes))


@pytest.fixture
def holder(app, clock, family):
    person = KeyHolder(app)
    person.until_end()
    return person


@pytest.fixture
def elsewhere(app, holder):
    return KeyHolder(app)


@pytest.fixture
def key():
    return Authenticator()


@pytest.fixture
def kept(holder, key):
    """A passkey that was added."""
    assert holder.adds(key).sees("La clé d’accès est ajoutée.")
    return key


def passkeys(app):
    with app.app_context():
        return list(db.session.scalars(select(Passkey)))
