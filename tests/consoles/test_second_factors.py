"""Invitations, second factors, recovery codes, and the second factor asked once more before a dangerous act."""

import re

import msgspec
import pytest
from sqlalchemy import select

from idp.db import db
from idp.staff import changes, service, totp
from idp.staff.models import StaffAccount, StaffInvitation, StaffRecoveryCode
from tests.conftest import BOTH_DATABASES
from tests.consoles.conftest import PASSWORD, Colleague, code_at, secret_on
from tests.journeys.authenticator import Authenticator

NEW = "un-nouveau-mot-de-passe"


@pytest.fixture
def settings(settings):
    """An issuer with a name: browsers take no number as an RP id."""
    server = msgspec.structs.replace(settings.server, issuer="http://localhost:8000")
    return msgspec.structs.replace(settings, server=server)


@pytest.fixture
def newcomer(app, clock, schools):
    return Colleague(app, clock, "nouvelle")


def chooses_password(person, link, password=NEW):
    person.opens(link)
    return person.sends(link, nouveau_mot_de_passe=password, confirmation=password)


def sets_up_application(person):
    """The code that proves it, and the recovery codes that are shown."""
    person.opens("/gestion/second-facteur/application")
    person.secret = secret_on(person)
    person.sends("/gestion/second-facteur/application", code=code_at(person.secret, person.clock.instant))
    return re.findall(r'<li class="code">([^<]+)</li>', person.text)


def asks(person, path):
    return person.browser.post(path, data={"csrf_token": person.token()}).json


def test_an_invitation_leads_by_a_password_and_an_application_into_the_console(newcomer, invite):
    chooses_password(newcomer, invite())
    assert newcomer.path == "/gestion/second-facteur"

    codes = sets_up_application(newcomer)

    assert len(codes) == 10
    assert newcomer.opens("/gestion").sees("École primaire publique Roger Salengro")


def test_an_invitation_leads_by_a_passkey_into_the_console(newcomer, invite):
    chooses_password(newcomer, invite())
    newcomer.opens("/gestion/second-facteur/cle")
    options = asks(newcomer, "/gestion/second-facteur/cle/defi")["options"]
    key = Authenticator()

    newcomer.sends("/gestion/second-facteur/cle", reponse=key.creates(options), nom="Téléphone")

    assert newcomer.sees("Vos codes de secours")
    newcomer.sends("/gestion/deconnexion")
    newcomer.gives_password(NEW)
    options = asks(newcomer, "/gestion/second-facteur/defi")
    assert options["userVerification"] == "required"
    newcomer.sends("/gestion/connexion/second-facteur", reponse=key.gets(options))
    assert newcomer.opens("/gestion/ma-session").sees("Téléphone")


def test_a_passkey_of_somebody_else_is_not_taken(newcomer, head, invite):
    """ATTACKS 107."""
    chooses_password(newcomer, invite())
    options = asks(newcomer, "/gestion/second-facteur/cle/defi")["options"]
    key = Authenticator()
    newcomer.sends("/gestion/second-facteur/cle", reponse=key.creates(options), nom="Téléphone")
    head.gives_password()
    options = asks(head, "/gestion/second-facteur/defi")

    head.sends("/gestion/connexion/second-facteur", reponse=key.gets(options))

    assert head.status == 422


def test_an_answer_to_an_older_challenge_is_not_taken(newcomer, invite):
    """ATTACKS 107."""
    chooses_password(newcomer, invite())
    old = asks(newcomer, "/gestion/second-facteur/cle/defi")["options"]
    asks(newcomer, "/gestion/second-facteur/cle/defi")

    newcomer.sends("/gestion/second-facteur/cle", reponse=Authenticator().creates(old), nom="x")

    assert newcomer.status == 422
    assert newcomer.sees("La clé d’accès n’a pas été ajoutée.")


def test_nothing_opens_between_the_password_and_the_second_factor(newcomer, invite):
    """ATTACKS 126: set-up skipped."""
    chooses_password(newcomer, invite())

    assert newcomer.opens("/gestion/ma-session").path == "/gestion/connexion"
    assert newcomer.gives_password(NEW).status == 422


def test_a_window_closed_half_way_is_opened_again_by_the_same_link(newcomer, invite, app, clock):
    link = invite()
    chooses_password(newcomer, link)
    again = Colleague(app, clock, "nouvelle")

    chooses_password(again, link)
    sets_up_application(again)

    assert again.opens("/gestion").sees("Roger Salengro")


def test_a_link_works_once(newcomer, invite, app, clock):
    link = invite()
    chooses_password(newcomer, link)
    sets_up_application(newcomer)

    assert Colleague(app, clock).opens(link).sees("Ce lien ne marche plus")


@BOTH_DATABASES
def test_of_two_browsers_with_one_link_one_gets_in(newcomer, invite, app, clock):
    link = invite()
    other = Colleague(app, clock, "nouvelle")
    chooses_password(newcomer, link)
    chooses_password(other, link)
    sets_up_application(other)

    newcomer.opens("/gestion/second-facteur/application")

    assert newcomer.path == "/gestion/connexion"


@pytest.mark.parametrize("hours", [72, 1000])
def test_a_link_is_dead_after_72_hours(newcomer, invite, clock, hours):
    link = invite()
    clock.advance(hours=hours)

    assert newcomer.opens(link).status == 404


def test_a_newer_link_kills_the_one_before(newcomer, invite):
    old, new = invite(), invite()

    assert newcomer.opens(old).status == 404
    assert newcomer.opens(new).status == 200


def test_the_database_keeps_no_link_and_no_recovery_code(newcomer, invite, app):
    link = invite()
    chooses_password(newcomer, link)
    codes = sets_up_application(newcomer)

    with app.app_context():
        digests = [
            *db.session.scalars(select(StaffInvitation.digest)),
            *db.session.scalars(select(StaffRecoveryCode.digest)),
        ]
    assert all(len(digest) == 32 for digest in digests)
    assert not any(text.encode() in digest for digest in digests for text in (link, *codes))


@BOTH_DATABASES
def test_a_recovery_code_replaces_the_second_factor_once(newcomer, invite, app, clock):
    chooses_password(newcomer, invite())
    code = sets_up_application(newcomer)[0]
    other = Colleague(app, clock, "nouvelle")

    other.gives_password(NEW).gives_code(code.upper().replace("-", " "))

    assert other.sees("Gestion de l’école")
    assert Colleague(app, clock, "nouvelle").gives_password(NEW).gives_code(code).status == 422


def test_a_code_of_someone_elses_application_is_not_taken_when_setting_up(newcomer, invite):
    chooses_password(newcomer, invite())
    newcomer.opens("/gestion/second-facteur/application")

    newcomer.sends("/gestion/second-facteur/application", code="000000")

    assert newcomer.status == 422
    assert newcomer.sees("Ce code ne convient pas.")


@pytest.mark.parametrize(("password", "told"), [("court", "12 à 128 caractères"), ("la-nouvelle-ecole", "identifiant")])
def test_a_weak_password_is_refused(newcomer, invite, password, told):
    chooses_password(newcomer, invite(), password)

    assert newcomer.status == 422
    assert newcomer.sees(told)


def test_a_password_reset_leaves_the_second_factor_in_its_place(head, invite):
    """ATTACKS 92."""
    chooses_password(head, invite("directrice", "password"))
    assert head.path == "/gestion/connexion"

    head.gives_password(NEW)

    assert head.path == "/gestion/connexion/second-facteur"
    assert head.gives_code().sees("Gestion de l’école")


def test_a_password_reset_ends_every_session(head, invite, app, clock):
    head.logs_in()

    chooses_password(Colleague(app, clock), invite("directrice", "password"))

    assert head.opens("/gestion/ma-session").path == "/gestion/connexion"


def test_a_reset_second_factor_is_set_up_again_with_the_password(head, app, settings):
    """ATTACKS 126: the link alone gives nothing."""
    head.logs_in()
    with app.app_context():
        token = changes.reset_factor(service.get("directrice"), settings, by="test").rpartition("/")[2]
        db.session.commit()
    link = f"/gestion/invitation/{token}"
    assert head.opens("/gestion/ma-session").path == "/gestion/connexion"
    assert head.gives_password().status == 422

    head.opens(link).sends(link, mot_de_passe="wrong-password-1")
    assert head.status == 422
    head.sends(link, mot_de_passe=PASSWORD)
    sets_up_application(head)

    assert head.opens("/gestion").sees("Gestion de l’école")


def test_a_dangerous_act_asks_for_the_second_factor_again_after_five_minutes(head):
    head.logs_in()
    assert head.opens("/gestion/ma-session/codes").sees("Nouveaux codes de secours")
    head.clock.advance(minutes=5)

    head.opens("/gestion/ma-session/codes")
    assert head.path == "/gestion/confirmer"
    head.gives_code()

    assert head.path == "/gestion/ma-session/codes"


def test_a_dangerous_act_sent_without_its_page_is_not_done(head, app):
    head.logs_in()
    head.clock.advance(minutes=5)

    head.sends("/gestion/ma-session/codes")

    assert head.path == "/gestion/confirmer"
    with app.app_context():
        assert db.session.scalars(select(StaffRecoveryCode)).all() == []


def test_new_recovery_codes_kill_the_old_ones(newcomer, invite, app, clock):
    chooses_password(newcomer, invite())
    old = sets_up_application(newcomer)[0]

    newcomer.opens("/gestion/ma-session/codes").sends("/gestion/ma-session/codes")

    assert newcomer.sees("Vos codes de secours")
    assert Colleague(app, clock, "nouvelle").gives_password(NEW).gives_code(old).status == 422


def test_the_last_second_factor_is_not_removed(newcomer, invite):
    chooses_password(newcomer, invite())
    options = asks(newcomer, "/gestion/second-facteur/cle/defi")["options"]
    newcomer.sends("/gestion/second-facteur/cle", reponse=Authenticator().creates(options), nom="Téléphone")
    page = newcomer.opens("/gestion/ma-session").text
    path = re.search(r'href="(/gestion/ma-session/cles/[0-9a-f]+)"', page).group(1)

    newcomer.opens(path).sends(path)

    assert newcomer.status == 422
    assert newcomer.sees("C’est votre seul second facteur.")
    sets_up_application(newcomer)
    newcomer.opens(path).sends(path)
    assert newcomer.sees("La clé d’accès est supprimée.")


def test_the_pages_of_setting_up_ask_an_open_session_for_a_fresh_second_factor(head):
    head.logs_in()
    head.clock.advance(minutes=5)

    assert head.opens("/gestion/second-facteur/application").path == "/gestion/confirmer"


def test_a_secret_is_not_kept_before_its_first_code(head, app):
    head.logs_in()
    head.opens("/gestion/second-facteur/application")

    with app.app_context():
        assert db.session.scalars(select(StaffAccount)).one().totp == {"secret": "JBSWY3DPEHPK3PXP"}


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(seconds, code):
    """RFC 6238, appendix B (SHA-1, its last six digits)."""
    assert totp.code_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", seconds // 30) == code
