"""«Modifier mon mot de passe». Source: parents' guide, «Comment modifier votre mot de passe ?»"""

import pytest
from sqlalchemy import select, update

from idp.accounts.models import Account, Session
from idp.accounts.sessions import digest
from idp.db import db
from idp.grants.models import Grant
from idp.relying_parties.models import Client

OLD, NEW = "chevalbleu7", "tulipes59"
PAGE = "/compte/mot-de-passe"


def changes(person, current=OLD, new=NEW, confirmation=None):
    person.opens(PAGE)
    return person.sends(
        PAGE,
        mot_de_passe_actuel=current,
        nouveau_mot_de_passe=new,
        confirmation=new if confirmation is None else confirmation,
    )


def account(app):
    return db.session.scalars(select(Account)).one()


@pytest.fixture
def owner(parent, clock, app):
    """Valéry DURANT, logged in, with a confirmed address."""
    parent.until_end()
    with app.app_context():
        db.session.execute(update(Account).values(email="valery@example.org", email_verified_at=clock.instant))
        db.session.commit()
    return parent


def test_the_first_tab_leads_there(owner):
    assert owner.opens("/compte").sees(f'href="{PAGE}"')
    assert owner.sees("Modifier mon mot de passe")


def test_the_new_password_serves_at_the_next_login_and_this_session_goes_on(owner, another_browser):
    changes(owner)

    assert owner.path == "/compte"
    assert owner.sees("Il servira à votre prochaine connexion.")
    assert owner.opens("/compte/enfants").sees("Mes enfants")
    assert another_browser.logs_in(password=OLD).sees("L’identifiant ou le mot de passe est incorrect.")
    assert another_browser.logs_in(password=NEW).sees("Vous êtes connecté")


def test_every_other_session_ends(owner, another_browser):
    """ATTACKS 71."""
    another_browser.logs_in().opens("/compte")
    assert another_browser.sees("Mes informations")

    changes(owner)

    assert another_browser.opens("/compte").sees("login-form")


def test_the_cookie_before_the_change_is_dead(owner):
    """ATTACKS 69: who copied the cookie is out."""
    copied = owner.browser.get_cookie("idp_session").value

    changes(owner)
    now = owner.browser.get_cookie("idp_session").value
    owner.browser.set_cookie("idp_session", copied)

    assert now != copied
    assert owner.opens("/compte").sees("login-form")


def test_refresh_tokens_of_other_sessions_die_and_those_of_this_one_live(owner, another_browser, app, clock):
    another_browser.logs_in()
    with app.app_context():
        db.session.add(Client(client_id="portal", client_name="Portail", metadata_={}, created_at=clock.instant,
                              updated_at=clock.instant))  # fmt: skip
        db.session.flush()
        public = {
            name: db.session.get_one(Session, digest(person.browser.get_cookie("idp_session").value)).public_id
            for name, person in (("this", owner), ("other", another_browser))
        }
        for name, session_id in {**public, "offline": None}.items():
            db.session.add(Grant(id=name, client_id="portal", account_id=account(app).id, session_id=session_id,
                                 scope="openid", created_at=clock.instant, ends_at=clock.instant))  # fmt: skip
        db.session.commit()

    changes(owner)

    with app.app_context():
        revoked = {grant.id for grant in db.session.scalars(select(Grant)) if grant.revoked_at}
        assert revoked == {"other", "offline"}


def test_the_owner_is_told_by_mail(owner):
    changes(owner)

    (mail,) = owner.mails("valery@example.org")
    assert "Le mot de passe de votre compte a été changé." in mail["text"]
    assert NEW not in mail["text"]


def test_a_wrong_current_password_changes_nothing_and_counts_as_a_try(owner, clock):
    """ATTACKS 81: a borrowed session is no way around the limits of the login page."""
    for _try in range(10):
        clock.advance(seconds=64)
        changes(owner, current="notthisone1")
    assert owner.sees("Ce n’est pas votre mot de passe actuel.")

    changes(owner)

    assert owner.page.status_code == 429
    assert owner.sees("Trop d’essais.")
    clock.advance(minutes=15)
    assert changes(owner).path == "/compte"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"new": "court1"}, "Le mot de passe doit avoir 8 à 14 caractères."),
        ({"new": "v.durant1x"}, "Le mot de passe ne doit pas contenir votre identifiant."),
        ({"confirmation": "jonquille7"}, "Les deux mots de passe sont différents."),
        ({"new": OLD}, "Choisissez un mot de passe différent de l’ancien."),
    ],
)
def test_what_is_wrong_with_the_new_one_is_told(owner, typed, message):
    changes(owner, **typed)

    assert owner.page.status_code == 422
    assert owner.sees(message)
    assert not owner.sees(NEW)


def test_a_form_from_another_site_is_refused(owner):
    """ATTACKS 73."""
    owner.opens(PAGE)
    form = {"csrf_token": owner.token(), "mot_de_passe_actuel": OLD, "nouveau_mot_de_passe": NEW, "confirmation": NEW}

    answer = owner.browser.post(PAGE, data=form, headers={"Origin": "https://attacker.example"})

    assert answer.status_code == 400


def test_an_account_without_a_password_gets_its_first_one(owner, app, another_browser):
    with app.app_context():
        account(app).password_hash = None
        db.session.commit()
    owner.opens(PAGE)
    assert owner.sees("Choisir un mot de passe")
    assert not owner.sees("Mot de passe actuel")

    owner.sends(PAGE, nouveau_mot_de_passe=NEW, confirmation=NEW)

    assert "Un mot de passe a été choisi pour votre compte." in owner.mails()[-1]["text"]
    assert another_browser.logs_in(password=NEW).sees("Vous êtes connecté")


def test_a_first_password_needs_a_login_of_a_moment_ago(owner, app, clock):
    """ATTACKS 95: a session left open in a library gives nobody a password."""
    with app.app_context():
        account(app).password_hash = None
        db.session.commit()
    clock.advance(minutes=11)

    owner.opens(PAGE)

    assert owner.sees("login-form")


def test_a_reset_link_dies_when_the_password_changes(owner, another_browser):
    """ATTACKS 91."""
    another_browser.opens("/mot-de-passe-perdu")
    another_browser.sends(another_browser.path, identifiant="v.durant1", par="mail")
    link = another_browser.last_link()

    changes(owner)

    assert another_browser.opens(link).sees("Ce lien ne marche plus")


def test_without_a_session_the_page_asks_for_a_login(parent):
    assert parent.opens(PAGE).sees("login-form")
