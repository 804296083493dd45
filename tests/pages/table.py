"""Every page that a person may see: add a line for each new one.

Each line is looked at in a real browser at 1280 and 320 px, light and dark, by `tests/pages/test_pages.py`, and
`make screenshots` draws it. `reach` leads to the page by the vocabulary of `tests/journeys/conftest.py` (a `Parent`),
or gives a `Sight`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import update

from idp.db import db
from idp.flows.models import Flow
from idp.registry.models import Link
from idp.relying_parties import service
from tests.journeys.conftest import BIRTH_DATES
from tests.pages import account, consoles, franceconnect, support
from tests.pages import recovery as ways
from tests.pages.town import Town

WRONG_DATES = dict.fromkeys(BIRTH_DATES, BIRTH_DATES["Camille"])
CLIENT = {
    "client_name": "Cantine en ligne",
    "owner": "Ville de Lille",
    "policy_uri": "https://cantine.example/donnees",
    "tos_uri": "https://cantine.example/conditions",
}
FACTS = [("Votre nom", ["Valéry DURANT"], ""), ("Vos enfants", ["Alexis", "Camille"], "Leur école, leur classe")]


@dataclass(frozen=True)
class Page:
    """A page's name and the way to it."""

    name: str
    reach: Callable[[Town], Any]


def times(number: int, act: Callable[[], Any]) -> Any:
    """Do it that many times; what the last one gave."""
    return [act() for _ in range(number)][-1]


FRANCECONNECT = {
    "flow": Flow(id="x", state={}),
    "client_name": "Livret Scolaire Unique",
    "upstreams": lambda *_flow: [{"key": "franceconnect", "name": "FranceConnect", "down": False}],
}
DEVICE = {"client": CLIENT, "facts": FACTS, "account": {"identifiant": "v.durant1"}, "device": {"id": "x"}}

PAGES = (
    # The login page
    Page("connexion", lambda town: town.parent.opens("/connexion")),
    Page("connexion-service", lambda town: from_service(town)),
    Page("connexion-franceconnect", lambda town: town.rendered("login/login.html", **FRANCECONNECT)),
    Page("connexion-anglais", lambda town: in_english(town)),
    Page("connexion-erreur", lambda town: town.parent.logs_in(password="wrong-one1")),
    Page("connexion-attente", lambda town: times(4, lambda: town.parent.logs_in(password="wrong-one1"))),
    Page("connexion-verrou", lambda town: locked(town)),
    Page("connexion-sans-mobile", lambda town: without_mobile(town)),
    Page("developpeurs-erreurs", lambda town: town.parent.opens("/developpeurs/erreurs")),
    Page("developpeurs", lambda town: town.parent.opens("/developpeurs")),
    Page("connecte", lambda town: town.parent.until_end().opens("/connecte")),
    # Self-registration
    Page("inscription-informations", lambda town: town.parent.begins()),
    Page("inscription-informations-erreurs", lambda town: town.parent.begins().gives("", "", "12")),
    Page("inscription-introuvable", lambda town: town.parent.begins().gives("Personne")),
    Page("inscription-code", lambda town: town.parent.until_code()),
    Page("inscription-code-incorrect", lambda town: town.parent.until_code().enters_code("000000")),
    Page("inscription-code-bloque", lambda town: killed(town)),
    Page("inscription-code-epuise", lambda town: used_up(town)),
    Page("inscription-informations-epuisees", lambda town: used_up(town).begins().gives()),
    Page("inscription-code-pas-parti", lambda town: without_code(town)),
    Page("inscription-code-expire", lambda town: expired(town)),
    Page("inscription-code-trop-tot", lambda town: town.parent.until_code().asks_another_code()),
    Page("inscription-dates", lambda town: town.parent.until_dates()),
    Page("inscription-dates-incompletes", lambda town: town.parent.until_dates().sends(town.parent.path)),
    Page("inscription-dates-incorrectes", lambda town: town.parent.until_dates().enters_dates(WRONG_DATES)),
    Page("inscription-barree", lambda town: barred(town)),
    Page("inscription-changee", lambda town: childless(town, town.parent.until_dates())),
    Page("inscription-mot-de-passe", lambda town: town.parent.until_password()),
    Page("inscription-mot-de-passe-refuse", lambda town: town.parent.until_password().chooses("abc", "abd")),
    Page("inscription-deja-actif", lambda town: already_registered(town)),
    Page(
        "inscription-deja-actif-franceconnect",
        lambda town: town.rendered("self_registration/already_registered.html", **FRANCECONNECT),
    ),
    Page("inscription-rattachee", lambda town: joined(town)),
    Page("inscription-terminee", lambda town: town.parent.until_end()),
    Page("inscription-terminee-sans-session", lambda town: without_session(town)),
    # Activation by letter, «Vérification Mail»
    Page("lettre-dates", lambda town: town.use("reader").uses_letter()),
    Page("lettre-dates-incorrectes", lambda town: town.use("reader").uses_letter().gives_dates(WRONG_DATES)),
    Page("lettre-arretee", lambda town: stopped(town)),
    Page("lettre-sans-enfant", lambda town: childless(town, town.use("reader").uses_letter())),
    Page("lettre-perimee", lambda town: too_old(town)),
    Page("lettre-mot-de-passe", lambda town: town.use("reader").uses_letter().gives_dates()),
    Page("lettre-adresse", lambda town: town.use("reader").uses_letter().gives_dates().takes_password()),
    Page("lettre-courriel", lambda town: town.use("reader").until_mail()),
    Page("lettre-terminee", lambda town: activated(town)),
    Page("verification-mail", lambda town: town.use("reader").until_mail().logs_in()),
    Page("verification-mail-erreurs", lambda town: town.use("reader").until_mail().gives_email("valery")),
    Page("verification-mail-frappe", lambda town: town.use("reader").until_mail().gives_email("v.durant@gmial.com")),
    Page("verification-mail-trop", lambda town: too_many_mails(town)),
    Page("verification-mail-bouton", lambda town: with_link(town.use("reader").until_mail())),
    Page("verification-mail-validee", lambda town: with_link(town.use("reader").until_mail()).validates()),
    Page("verification-mail-perimee", lambda town: town.parent.opens("/verification-mail/lien/none")),
    # Recovery
    Page("identifiant-oublie", lambda town: town.parent.opens("/identifiant-oublie")),
    Page("identifiant-oublie-erreur", lambda town: ways.loses_identifiant(town.parent, "valery")),
    Page("identifiant-oublie-inconnu", lambda town: ways.loses_identifiant(town.parent, "valery@gmial.com")),
    Page("identifiant-oublie-envoye", lambda town: ways.loses_identifiant(ways.visitor(town))),
    Page("identifiant-oublie-non-confirme", lambda town: ways.loses_identifiant(unconfirmed(town))),
    Page("mot-de-passe-perdu", lambda town: town.parent.opens("/mot-de-passe-perdu")),
    Page("mot-de-passe-perdu-erreur", lambda town: ways.loses_password(town.parent, "")),
    Page("mot-de-passe-perdu-inconnu", lambda town: ways.loses_password(town.parent, "v.durand")),
    Page("mot-de-passe-perdu-envoye", lambda town: ways.loses_password(ways.visitor(town))),
    Page("mot-de-passe-perdu-partiel", lambda town: ways.loses_password(unconfirmed(town))),
    Page("mot-de-passe-perdu-partiel-sms", lambda town: ways.loses_password(unconfirmed(town), by="sms")),
    Page("mot-de-passe-perdu-trop", lambda town: times(4, lambda: ways.loses_password(town.parent, by="sms"))),
    Page("mot-de-passe-perdu-code", lambda town: ways.loses_password(ways.visitor(town), by="sms")),
    Page(
        "mot-de-passe-perdu-code-incorrect", lambda town: wrong_code(ways.loses_password(ways.visitor(town), by="sms"))
    ),
    Page("mot-de-passe-perdu-code-expire", lambda town: ways.with_expired_code(town)),
    Page("mot-de-passe-perdu-nouveau", lambda town: ways.with_link(town)),
    Page("mot-de-passe-perdu-nouveau-refuse", lambda town: ways.chooses(ways.with_link(town), "abc")),
    Page("mot-de-passe-a-changer", lambda town: ways.knows_a_leaked_password(town)),
    Page(
        "mot-de-passe-a-changer-sans-moyen",
        lambda town: ways.knows_a_leaked_password(town, email_verified_at=None, mobile_verified_at=None),
    ),
    Page("mot-de-passe-perdu-enregistre", lambda town: ways.chooses(ways.with_link(town))),
    Page("mot-de-passe-perdu-lien-expire", lambda town: town.parent.opens("/mot-de-passe-perdu/x/lien/x")),
    # Changes in «Mon compte»
    Page("compte-mot-de-passe", lambda town: ways.opens(town, "/compte/mot-de-passe")),
    Page("compte-mot-de-passe-refuse", lambda town: ways.changes_password(town, "wrong-one1", "abc")),
    Page("compte-mot-de-passe-enregistre", lambda town: ways.changes_password(town)),
    Page("compte-premier-mot-de-passe", lambda town: ways.opens(town, "/compte/mot-de-passe", password_hash=None)),
    Page("compte-email", lambda town: ways.opens(town, "/compte/adresse-mail")),
    Page("compte-email-refuse", lambda town: ways.changes_address(town, "valery", "durant")),
    Page("compte-email-faute-de-frappe", lambda town: ways.changes_address(town, "valery@gmial.com")),
    Page("compte-email-demande", lambda town: ways.changes_address(town)),
    Page("compte-email-renvoye", lambda town: ways.sends_again(town)),
    Page("email-valider", lambda town: ways.opens_link_to(town, ways.NEW_ADDRESS)),
    Page("email-valide", lambda town: ways.clicks_link_to(town, ways.NEW_ADDRESS)),
    Page("email-pas-moi", lambda town: ways.opens_link_to(town, ways.ADDRESS)),
    Page("email-pas-moi-arrete", lambda town: ways.clicks_link_to(town, ways.ADDRESS)),
    Page("email-pas-moi-trop-tard", lambda town: ways.denies_too_late(town)),
    Page("email-lien-expire", lambda town: town.parent.opens("/adresse-mail/nouvelle/x")),
    Page("compte-mobile", lambda town: ways.with_another_mobile(town)),
    Page("compte-mobile-aucun", lambda town: ways.opens(town, "/compte/mobile")),
    Page("compte-mobile-code", lambda town: chooses_mobile(ways.with_another_mobile(town))),
    # Consent, logout, errors
    Page("consentement", lambda town: town.rendered("consent/consent.html", client=CLIENT, facts=FACTS, action="/x")),
    Page("appareil", lambda town: town.rendered("device/enter.html", typed="WDJB-MJHT", refusal="")),
    Page(
        "appareil-code-incorrect", lambda town: town.rendered("device/enter.html", typed="BBBB-BBBB", refusal="wrong")
    ),
    Page("appareil-trop-d-essais", lambda town: town.rendered("device/enter.html", typed="", refusal="many")),
    Page("appareil-confirmation", lambda town: town.rendered("device/confirm.html", **DEVICE)),
    Page("appareil-connecte", lambda town: town.rendered("device/done.html", approved=True)),
    Page("appareil-refuse", lambda town: town.rendered("device/done.html", approved=False)),
    Page("deconnexion", lambda town: town.rendered("logout/confirm.html", account=None, action="/x")),
    Page("deconnecte", lambda town: town.rendered("logout/logged_out.html", back_url="/x", client_name="Cantine")),
    Page("erreur-inconnue", lambda town: town.parent.opens("/nothing")),
    Page("erreur-protocole", lambda town: town.parent.opens("/authorize")),
    Page("erreur-page-expiree", lambda town: expired_form(town)),
    # FranceConnect
    *(Page(name, reach) for name, reach in franceconnect.PAGES),
    # The account
    *(Page(name, reach) for name, reach in account.PAGES),
    # The consoles: what their addresses alone do not show
    *(Page(name, reach) for name, reach in consoles.PAGES),
    *(Page(name, reach) for name, reach in support.PAGES),
    # Relying parties and mailbox
    Page("portail", lambda town: town.portal()),
    Page("portail-sans-enfant", lambda town: town.portal(**town.without_children())),
    Page("portail-sans-liste", lambda town: town.portal_without_list()),
    Page("portail-erreur", lambda town: town.logged_out("portal", "/nothing")),
    Page("portail-connexion-interrompue", lambda town: town.logged_out("portal", "/callback?state=x")),
    Page("portail-deconnecte", lambda town: town.logged_out("portal", "/deconnecte")),
    Page("essayer", lambda town: town.logged_out("tryit", "/")),
    Page("essayer-demande", lambda town: town.logged_out("tryit", "/demande?scope=profile&claim=email")),
    Page("essayer-resultat", lambda town: town.tryit()),
    Page("essayer-erreur", lambda town: town.tryit_refused()),
    Page("lsu", lambda town: town.lsu()),
    Page("lsu-sans-enfant", lambda town: town.lsu(**town.without_children())),
    Page("boite", lambda town: town.mailbox()),
    Page("boite-sms", lambda town: town.mailbox("/messages/1")),
    Page("boite-mail", lambda town: town.mailbox("/messages/2")),
    Page("boite-second-facteur", lambda town: town.mailbox("/totp")),
)


def from_service(town: Town) -> Any:
    """A service sent the parent: its name, its policy, and the way back."""
    address = "https://cantine.example/retour"
    links = {name: CLIENT[name] for name in ("policy_uri", "tos_uri")}
    app = town.use("app")
    with app.app_context():
        service.register("cantine", CLIENT["client_name"], {"redirect_uris": [address], **links}, first_party=True)
        db.session.commit()
    asked = {"client_id": "cantine", "response_type": "code", "scope": "openid", "redirect_uri": address}
    return town.parent.opens("/authorize?" + urlencode(asked))


def locked(town: Town) -> Any:
    def fails() -> Any:
        town.use("clock").advance(seconds=70)
        return town.parent.logs_in(password="wrong-one1")

    times(10, fails)
    return town.parent.logs_in()


def unconfirmed(town: Town) -> Any:
    return ways.visitor(town, email_verified_at=None, mobile_verified_at=None)


def wrong_code(parent: Any) -> Any:
    return parent.sends(parent.path, code="000000" if parent.last_code() != "000000" else "000001")


def chooses_mobile(parent: Any) -> Any:
    return parent.sends(parent.path, numero="0")


def killed(town: Town) -> Any:
    parent = town.parent.until_code()
    return times(5, lambda: parent.enters_code("000000"))


def used_up(town: Town) -> Any:
    """Fifteen wrong codes for one number."""
    for _code in range(2):
        killed(town)
        town.use("clock").advance(minutes=61)
    return killed(town)


def without_code(town: Town) -> Any:
    """The number got its three codes of the hour."""
    parent = times(4, lambda: town.parent.until_code())
    return parent.opens(f"/inscription/{parent.flow_id}")


def without_session(town: Town) -> Any:
    parent = town.parent.until_end()
    parent.browser.delete_cookie("idp_session")
    return parent.opens(parent.path)


def expired(town: Town) -> Any:
    parent = town.parent.until_code()
    town.use("clock").advance(minutes=31)
    return parent.enters_code(parent.last_code())


def barred(town: Town) -> Any:
    parent = town.parent.until_dates()
    return times(5, lambda: parent.enters_dates(WRONG_DATES))


def childless(town: Town, parent: Any) -> Any:
    """The school takes the children away while the parent is at a step."""
    with town.use("app").app_context():
        db.session.execute(update(Link).values(legal_level=3))
        db.session.commit()
    return parent.opens(parent.path)


def stopped(town: Town) -> Any:
    reader = town.use("reader").uses_letter()
    return times(5, lambda: reader.gives_dates(WRONG_DATES))


def too_old(town: Town) -> Any:
    reader = town.use("reader")
    town.use("clock").advance(days=94)
    return reader.uses_letter()


def with_link(reader: Any) -> Any:
    return reader.opens(reader.last_link("valery@example.org"))


def activated(town: Town) -> Any:
    reader = town.use("reader").until_mail()
    waiting = reader.flow_id
    with_link(reader).validates()
    return reader.opens(f"/activation/{waiting}")


def too_many_mails(town: Town) -> Any:
    reader = town.use("reader").until_mail()
    return times(6, lambda: reader.gives_email())


def already_registered(town: Town) -> Any:
    town.parent.until_end()
    return town.use("another_browser").begins().gives()


def joined(town: Town) -> Any:
    town.parent.until_end()
    town.use("add_second_school")()
    town.use("clock").advance(hours=2)
    return town.use("another_browser").until_dates().enters_dates()


def expired_form(town: Town) -> Any:
    parent = town.parent.opens("/connexion")
    parent.page = parent.browser.post(parent.path, data={"identifiant": "v.durant1", "mot_de_passe": "x"})
    return parent


def without_mobile(town: Town) -> Any:
    parent = town.parent.begins()
    return parent.opens(f"/connexion/{parent.flow_id}?sans_mobile=1")


def in_english(town: Town) -> Any:
    parent = town.parent.opens("/connexion")
    return parent.opens(f"{parent.path}?ui_locales=en")
