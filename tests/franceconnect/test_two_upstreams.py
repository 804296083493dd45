"""FranceConnect beside another upstream: neither answers for the other, and each has its own rule for the unknown."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from flask import Flask
from sqlalchemy import select

from idp.accounts.models import Session
from idp.db import db
from idp.franceconnect import authorization
from idp.franceconnect.callback import check_response
from idp.franceconnect.directory import Metadata
from idp.franceconnect.errors import Unverifiable
from idp.franceconnect.models import LinkedIdentity, UpstreamLogin
from idp.oidc.request import parse
from idp.settings import Settings, UpstreamProvider
from tests.franceconnect.upstream import ID, SCOPES, SECRET, Simulator, Visit, running
from tests.franceconnect.visitor import Visitor, accounts, count, link_form

OTHER = "upstream"


@pytest.fixture(scope="session")
def _running_beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("upstream")) as simulator:
        yield simulator


@pytest.fixture
def other(_running_beside: Simulator) -> Simulator:
    """The other upstream: a second platform of the same kind."""
    _running_beside.mend()
    return _running_beside


@pytest.fixture
def settings(settings: Settings, other: Simulator, request: pytest.FixtureRequest) -> Settings:
    provider = UpstreamProvider(
        issuer=other.issuer, name="Cartable", client_id=ID, client_secret=SECRET, authentication="client_secret_post",
        alg="ES256", scopes=tuple(SCOPES), acr_values=("eidas1",), pkce=False, signed_userinfo=True,
        matching=getattr(request, "param", "proof"),
    )  # fmt: skip
    return msgspec.structs.replace(settings, upstream=provider)


FOR_LINKED = pytest.mark.parametrize("settings", ["linked"], indirect=True)
"""The other upstream is for linked accounts alone."""


def asked(simulator: Simulator) -> int:
    """How often its token endpoint was asked."""
    return len(simulator.journal("/api/v2/token"))


@FOR_LINKED
def test_an_upstream_for_linked_accounts_leads_an_unknown_identity_to_no_proof(visitor: Visitor, app: Flask) -> None:
    visitor.presses(upstream=OTHER)
    told = visitor.text
    flow_id = visitor.browser.get("/connexion").location.rpartition("/")[2]

    for step in ("identite", "code", "dates", "compte"):
        visitor.opens(f"/franceconnect/{flow_id}/{step}")
        assert "/connexion/" in visitor.path
    assert "Cette identité n’est liée à aucun compte" in told
    assert "vous pourrez y lier Cartable" in told
    assert visitor.sms() == []
    assert count(app, UpstreamLogin) == 0


@FOR_LINKED
def test_its_unknown_identity_can_send_nothing_either(visitor: Visitor, app: Flask) -> None:
    """The steps are held on the server, not by the absence of a link."""
    visitor.until_end()
    visitor.browser.delete_cookie("idp_session")
    visitor.opens("/connexion")
    flow_id, location = visitor.flow_id, visitor.presses_only(OTHER)
    visitor.follows(location)
    visitor.opens("/connexion")
    form: dict[str, Any] = {"csrf_token": visitor.token()}
    before = len(visitor.sms())

    visitor.browser.post(f"/franceconnect/{flow_id}/identite", data=form | {"mobile": "06 39 98 12 34"})
    known = {"identifiant": "v.durant1", "mot_de_passe": "chevalbleu7"}
    visitor.browser.post(f"/franceconnect/{flow_id}/compte", data=form | known)

    assert len(visitor.sms()) == before
    assert count(app, LinkedIdentity) == 0
    assert not visitor.is_logged_in


@FOR_LINKED
def test_it_logs_in_once_the_account_page_has_linked_it(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    visitor.until_end()

    visitor.follows(link_form(visitor, OTHER))

    assert visitor.sees("C’est fait")
    assert another().presses(upstream=OTHER).is_logged_in
    assert len(accounts(app)) == 1


@FOR_LINKED
def test_franceconnect_beside_it_keeps_its_proofs(visitor: Visitor) -> None:
    visitor.registers()

    assert visitor.is_logged_in


def test_a_login_by_the_other_upstream_says_so(visitor: Visitor, app: Flask) -> None:
    visitor.presses(upstream=OTHER)
    assert visitor.sees("Cartable vous a reconnu : Valéry Anne Marie DURANT")

    visitor.gives_mobile().types_code().types_dates()

    with app.app_context():
        assert db.session.scalars(select(Session.amr)).one() == "fed sms"


def test_the_same_person_may_link_both(visitor: Visitor, app: Flask, another: Callable[[], Visitor]) -> None:
    visitor.registers()

    visitor.follows(link_form(visitor, OTHER))

    assert count(app, LinkedIdentity) == 2
    assert another().presses(upstream=OTHER).is_logged_in
    assert another().presses().is_logged_in


EITHER_WAY = pytest.mark.parametrize(("begun", "answers"), [("franceconnect", OTHER), (OTHER, "franceconnect")])


def mix_up(visitor: Visitor, begun: str, answers: str, **changes: str) -> str:
    """The callback of a login begun at one upstream and answered by the other, which was led to it."""
    visitor.opens("/connexion")
    stolen = visitor.presses_only(answers)
    visitor.opens("/connexion")
    state = httpx.URL(visitor.presses_only(begun)).params["state"]
    return visitor.callback_of(stolen, **{"state": state, **changes})


@EITHER_WAY
@pytest.mark.parametrize("changes", [{}, {"iss": ""}, {"code": "", "error": "access_denied"}])
def test_an_answer_of_the_wrong_upstream_is_exchanged_nowhere(
    visitor: Visitor,
    app: Flask,
    simulator: Simulator,
    other: Simulator,
    begun: str,
    answers: str,
    changes: dict[str, str],
) -> None:
    """ATTACKS 20: mix-up; RFC 9207 §2.4 also where `iss` is left out, or an error comes."""
    path = mix_up(visitor, begun, answers, **changes)

    visitor.comes_back(path)

    assert visitor.sees("n'a pas pu être vérifiée")
    assert (asked(simulator), asked(other)) == (0, 0)
    assert count(app, UpstreamLogin) == 0


@EITHER_WAY
def test_a_code_of_one_upstream_under_the_name_of_the_other_is_worth_nothing(
    visitor: Visitor, app: Flask, simulator: Simulator, other: Simulator, begun: str, answers: str
) -> None:
    """ATTACKS 20: the code goes to the token endpoint of the one that was asked, and that one does not know it."""
    asked_one, answering = (simulator, other) if begun == "franceconnect" else (other, simulator)
    path = mix_up(visitor, begun, answers, iss=asked_one.issuer)

    visitor.comes_back(path)

    assert visitor.sees("La connexion a pris trop de temps")
    assert (asked(asked_one), asked(answering)) == (1, 0)
    assert count(app, UpstreamLogin) == 0


def test_the_state_of_the_upstream_that_was_left_is_over(visitor: Visitor, simulator: Simulator) -> None:
    """Both buttons pressed in one window, and the first one's way back: only the last request is under way."""
    visitor.opens("/connexion")
    path = visitor.callback_of(visitor.presses_only())
    visitor.presses_only(OTHER)

    visitor.comes_back(path)

    assert visitor.sees("Votre demande a expiré")
    assert asked(simulator) == 0


def test_an_upstream_that_does_not_name_itself_may_still_not_be_another(simulator: Simulator) -> None:
    """Where discovery promises no `iss`, one that comes is compared all the same."""
    visit = Visit(simulator)
    upstream = visit.logins.get("franceconnect")
    pending = authorization.begin(upstream, "x", "f" * 32)
    silent = Metadata("a", "t", "u", "j", "", sends_iss=False)
    answer = {"state": pending.state, "code": "c"}

    assert check_response(upstream, silent, pending, parse(urlencode(answer).encode())) == "c"
    with pytest.raises(Unverifiable):
        check_response(upstream, silent, pending, parse(urlencode({**answer, "iss": "https://x"}).encode()))
