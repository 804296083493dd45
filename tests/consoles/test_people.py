"""«Personnel»: what one administrator does to a colleague, and what takes a second one (ATTACKS 125, 126)."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp.audit import AuditEntry
from idp.db import db
from idp.delivery.models import Message
from idp.staff import invitations
from idp.staff.models import StaffAccount, StaffProposal
from tests.conftest import BOTH_DATABASES
from tests.consoles.conftest import PASSWORD, SCHOOL, Colleague, Hire

NEW = "un-nouveau-mot-de-passe"
INVITED = {"login": "mallory", "nom": "Mme Mallory", "email": "mallory@example.org"}


@pytest.fixture
def anne(hire: Hire) -> Colleague:
    return hire("anne", "administrator").logs_in()


@pytest.fixture
def bruno(hire: Hire) -> Colleague:
    return hire("bruno", "administrator").logs_in()


def account(app: Flask, login: str) -> StaffAccount:
    with app.app_context():
        return db.session.scalars(select(StaffAccount).filter_by(login=login)).one()


def path_of(app: Flask, login: str, act: str = "") -> str:
    return f"/gestion/personnel/{account(app, login).id}{act and '/'}{act}"


def proposal(app: Flask) -> str:
    """The page of what waits."""
    with app.app_context():
        return f"/gestion/personnel/demandes/{db.session.scalars(select(StaffProposal.id)).one()}"


def mails(app: Flask, to: str) -> list[str]:
    with app.app_context():
        rows = db.session.scalars(select(Message).filter_by(recipient=to).order_by(Message.id))
        return [row.content["text"] for row in rows]


def gets_address(person: Colleague, app: Flask) -> str:
    """The colleague's account has an address from now on."""
    with app.app_context():
        own = db.session.scalars(select(StaffAccount).filter_by(login=person.login)).one()
        own.email = f"{person.login}@example.org"
        db.session.commit()
        return own.email


@BOTH_DATABASES
def test_an_administrator_is_made_by_two(anne: Colleague, bruno: Colleague, support: Colleague, app: Flask) -> None:
    support.logs_in()
    anne.sends(path_of(app, "assistance", "role"), role="administrator")
    assert anne.sees("La demande attend un second administrateur.")
    assert support.opens("/gestion/ma-session").sees("Assistance")

    bruno.opens("/gestion/personnel")
    assert bruno.sees("À vous de répondre")
    bruno.opens(proposal(app)).sends(proposal(app), reponse="oui")

    assert bruno.sees("C’est fait, et noté.")
    assert support.opens("/gestion/ma-session").path == "/gestion/connexion"
    assert support.logs_in().opens("/gestion/personnel").status == 200


def test_the_yes_to_ones_own_proposal_is_refused(anne: Colleague, bruno: Colleague, support: Colleague, app) -> None:
    anne.sends(path_of(app, "assistance", "role"), role="administrator")
    page = proposal(app)
    assert not anne.opens(page).sees("Accepter")

    assert anne.sends(page, reponse="oui").status == 403

    assert account(app, "assistance").role == "support"
    with app.app_context():
        refused = db.session.scalars(select(AuditEntry).filter_by(event="staff.own_act_refused")).one()
    assert refused.actor == f"staff:{account(app, 'anne').id}"
    assert anne.sends(page, reponse="non").sees("La demande est retirée")


@pytest.mark.parametrize("act", ["mot-de-passe", "facteur"])
def test_the_yes_to_a_proposal_about_oneself_is_refused(
    anne: Colleague, bruno: Colleague, hire: Hire, app: Flask, act: str
) -> None:
    hire("carla", "administrator")
    anne.sends(path_of(app, "bruno", act))

    assert bruno.sends(proposal(app), reponse="oui").status == 403

    assert account(app, "bruno").password_hash
    assert account(app, "bruno").totp


@pytest.mark.parametrize("role", ["support", "head"])
def test_nobody_else_answers_a_proposal(anne: Colleague, bruno: Colleague, request, app: Flask, role: str) -> None:
    person = request.getfixturevalue(role).logs_in()
    anne.sends("/gestion/personnel/inviter", {**INVITED, "role": "administrator"})

    assert person.sends(proposal(app), reponse="oui").status == 403
    assert person.opens(proposal(app)).status == 403


@pytest.mark.parametrize("act", ["fermer", "rouvrir", "lien", "mot-de-passe", "facteur", "role", "adresse"])
def test_nobody_acts_on_their_own_account(anne: Colleague, bruno: Colleague, app: Flask, act: str) -> None:
    own = path_of(app, "anne", act)

    assert anne.opens(own).status == 403
    assert anne.sends(own, role="support", academie="Lille", email="x@example.org").status == 403

    assert account(app, "anne").role == "administrator"
    assert anne.opens(path_of(app, "anne")).sees("Personne ne change son propre compte.")


def test_a_sole_administrator_is_told_of_the_command(anne: Colleague, support: Colleague, app: Flask) -> None:
    answers = [
        anne.sends("/gestion/personnel/inviter", {**INVITED, "role": "administrator"}),
        anne.sends(path_of(app, "assistance", "role"), role="administrator"),
        anne.sends(path_of(app, "assistance", "facteur")),
    ]

    for answer in answers:
        assert answer.status == 422
        assert answer.sees("idp staff")
    assert account(app, "assistance").totp


@BOTH_DATABASES
def test_an_administrator_is_invited_by_two_and_only_the_mail_has_the_link(
    anne: Colleague, bruno: Colleague, app: Flask, clock: Any
) -> None:
    anne.sends("/gestion/personnel/inviter", {**INVITED, "role": "administrator"})
    assert mails(app, INVITED["email"]) == []
    bruno.opens(proposal(app))
    assert bruno.sees("mallory@example.org")

    bruno.sends(proposal(app), reponse="oui")

    assert "/gestion/invitation/" not in bruno.text
    (mail,) = mails(app, INVITED["email"])
    found = re.search(r"/gestion/invitation/\S+", mail)
    assert found is not None
    person = Colleague(app, clock, "mallory").opens(found.group())
    person.sends(found.group(), nouveau_mot_de_passe=NEW, confirmation=NEW)
    assert person.path == "/gestion/second-facteur"


def test_a_proposal_is_too_late_after_a_day(anne: Colleague, bruno: Colleague, clock: Any, app: Flask) -> None:
    anne.sends("/gestion/personnel/inviter", {**INVITED, "role": "administrator"})
    page = proposal(app)
    clock.advance(hours=24)
    bruno.logs_in()

    assert bruno.opens(page).status == 404
    assert bruno.sends(page, reponse="oui").sees("Cette demande n’attend plus")

    with app.app_context():
        assert db.session.scalar(select(StaffAccount).filter_by(login="mallory")) is None


def test_a_second_yes_finds_nothing(anne: Colleague, bruno: Colleague, hire: Hire, app: Flask) -> None:
    carla = hire("carla", "administrator").logs_in()
    anne.sends("/gestion/personnel/inviter", {**INVITED, "role": "administrator"})
    page = proposal(app)
    bruno.sends(page, reponse="oui")

    assert carla.sends(page, reponse="oui").status == 404


@BOTH_DATABASES
@pytest.mark.parametrize("act", ["mot-de-passe", "facteur"])
def test_a_reset_waits_for_the_second_yes_and_then_ends_sessions(
    anne: Colleague, bruno: Colleague, head: Colleague, app: Flask, act: str
) -> None:
    """ATTACKS 126: reset by two persons."""
    address = gets_address(head, app)
    head.logs_in()
    anne.sends(path_of(app, "directrice", act))
    assert head.opens("/gestion/ma-session").path == "/gestion/ma-session"
    assert "Un administrateur demande" in mails(app, address)[0]

    bruno.sends(proposal(app), reponse="oui")

    assert head.opens("/gestion/ma-session").path == "/gestion/connexion"
    assert head.gives_password().status == 422
    assert "/gestion/invitation/" in mails(app, address)[1]


def test_a_reset_link_is_shown_where_there_is_no_address(
    anne: Colleague, bruno: Colleague, head: Colleague, app: Flask, clock: Any
) -> None:
    anne.sends(path_of(app, "directrice", "mot-de-passe"))

    bruno.sends(proposal(app), reponse="oui")

    found = re.search(r"/gestion/invitation/[\w-]+", bruno.text.replace("<wbr>", ""))
    assert found is not None
    head.opens(found.group()).sends(found.group(), nouveau_mot_de_passe=NEW, confirmation=NEW)
    assert head.gives_password(PASSWORD).status == 422
    assert head.gives_password(NEW).gives_code().sees("Gestion de l’école")


def test_an_accomplice_who_was_closed_is_not_opened_again_by_one(
    anne: Colleague, bruno: Colleague, hire: Hire, app: Flask
) -> None:
    hire("carla", "administrator")
    anne.sends(path_of(app, "carla", "fermer"))

    anne.sends(path_of(app, "carla", "rouvrir"))

    assert account(app, "carla").disabled_at is not None
    bruno.sends(proposal(app), reponse="oui")
    assert account(app, "carla").disabled_at is None


def test_what_was_seen_of_a_link_opens_no_administrators_account(
    anne: Colleague, bruno: Colleague, head: Colleague, app: Flask, settings: Any, clock: Any
) -> None:
    """A link that one administrator saw is dead once its account becomes an administrator's."""
    with app.app_context():
        own = db.session.scalars(select(StaffAccount).filter_by(login="directrice")).one()
        token = invitations.make(own, "password", settings.staff, by="test")
        db.session.commit()
    anne.sends(path_of(app, "directrice", "role"), role="administrator")
    bruno.sends(proposal(app), reponse="oui")

    assert Colleague(app, clock).opens(f"/gestion/invitation/{token}").status == 404


@BOTH_DATABASES
def test_another_role_and_other_schools_end_the_sessions_at_once(
    anne: Colleague, head: Colleague, app: Flask, add_second_school: Any
) -> None:
    add_second_school()
    address = gets_address(head, app)
    head.logs_in()
    anne.sends(path_of(app, "directrice", "role"), role="school_head", ecoles="0590002B", academie="Lille")
    assert account(app, "directrice").uais == ("0590002B",)
    assert head.opens(f"/gestion/ecoles/{SCHOOL}/familles").path == "/gestion/connexion"
    assert head.logs_in().opens(f"/gestion/ecoles/{SCHOOL}/familles").status == 404

    anne.sends(path_of(app, "directrice", "role"), role="support", academie="Nice", ecoles=SCHOOL)

    assert head.opens("/gestion/ma-session").path == "/gestion/connexion"
    assert (account(app, "directrice").uais, account(app, "directrice").academie) == ((), "Nice")
    assert len(mails(app, address)) == 2


@pytest.mark.parametrize(
    "fields", [{"role": "school_head", "ecoles": "0000000A"}, {"role": "support"}, {"role": "root"}, {}]
)
def test_a_role_without_its_border_is_told_at_its_field(
    anne: Colleague, head: Colleague, app: Flask, fields: dict[str, str]
) -> None:
    answer = anne.sends(path_of(app, "directrice", "role"), fields)

    assert answer.status == 422
    assert account(app, "directrice").uais == (SCHOOL,)


def test_the_address_of_before_is_told_of_another_one(anne: Colleague, head: Colleague, app: Flask) -> None:
    """An administrator who wants a colleague to hear nothing says so to the colleague."""
    before = gets_address(head, app)
    assert anne.sends(path_of(app, "directrice", "adresse"), email="no address").status == 422

    anne.sends(path_of(app, "directrice", "adresse"), email="autre@example.org")

    assert account(app, "directrice").email == "autre@example.org"
    assert len(mails(app, before)) == len(mails(app, "autre@example.org")) == 1


def test_a_closed_colleague_is_told_and_let_in_again(anne: Colleague, head: Colleague, app: Flask) -> None:
    address = gets_address(head, app)
    head.logs_in()
    anne.sends(path_of(app, "directrice", "fermer"))
    assert head.opens("/gestion/ma-session").path == "/gestion/connexion"

    anne.sends(path_of(app, "directrice", "rouvrir"))

    assert head.logs_in().sees("Gestion de l’école")
    assert len(mails(app, address)) == 2


def test_a_new_link_is_made_for_who_never_came_in_alone(anne: Colleague, head: Colleague, app: Flask) -> None:
    anne.sends("/gestion/personnel/inviter", login="claire", nom="Claire", role="support", academie="Lille")

    anne.sends(path_of(app, "claire", "lien"))

    assert anne.sees("/gestion/invitation/")
    assert anne.sends(path_of(app, "directrice", "lien")).status == 422


def test_one_administrator_gets_no_link_of_an_administrator_who_never_came_in(
    anne: Colleague, bruno: Colleague, app: Flask
) -> None:
    """Two agreed on the person, not on who holds the link."""
    anne.sends("/gestion/personnel/inviter", {**INVITED, "role": "administrator"})
    bruno.sends(proposal(app), reponse="oui")
    anne.sends(path_of(app, "mallory", "adresse"), email="anne@elsewhere.example")

    assert anne.sends(path_of(app, "mallory", "lien")).status == 422

    assert not any("/gestion/invitation/" in mail for mail in mails(app, "anne@elsewhere.example"))


def test_each_act_asks_for_the_second_factor_again(
    anne: Colleague, bruno: Colleague, head: Colleague, app: Flask
) -> None:
    """ATTACKS 126."""
    anne.sends("/gestion/personnel/inviter", {**INVITED, "role": "administrator"})
    page = proposal(app)
    bruno.clock.advance(minutes=6)
    acts = ("fermer", "rouvrir", "lien", "mot-de-passe", "facteur", "role", "adresse")

    for path in (page, *(path_of(app, "directrice", act) for act in acts)):
        assert bruno.opens(path).path == "/gestion/confirmer", path
        assert bruno.sends(path, reponse="oui", role="administrator").path == "/gestion/confirmer", path

    assert account(app, "directrice").role == "school_head"
    assert proposal(app) == page


def test_the_story_of_an_administrator_is_in_the_audit(
    anne: Colleague, bruno: Colleague, support: Colleague, app: Flask
) -> None:
    anne.sends(path_of(app, "assistance", "role"), role="administrator")
    bruno.sends(proposal(app), reponse="oui")

    with app.app_context():
        names = ("staff.proposed", "staff.proposal_confirmed", "staff.role_changed")
        lines = list(db.session.scalars(select(AuditEntry).where(AuditEntry.event.in_(names)).order_by(AuditEntry.id)))
    assert [line.event for line in lines] == list(names)
    assert [line.actor for line in lines] == [f"staff:{account(app, who).id}" for who in ("anne", "bruno", "bruno")]
