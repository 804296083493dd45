"""The pages of the consoles that a plain address does not show: a name and the way to each."""

import io
import re
from pathlib import Path
from typing import Any

from tests.consoles.conftest import SCHOOL, Colleague, code_at, secret_on
from tests.pages.town import Town

ROOT = f"/gestion/ecoles/{SCHOOL}"
SAMPLES = Path(__file__).resolve().parents[2] / "demo" / "samples"
NEW = "un-nouveau-mot-de-passe"


def head(town: Town) -> Colleague:
    """The head of the family's school, not logged in."""
    found: Colleague = town.use("head")
    return found


def director(town: Town) -> Colleague:
    return head(town).logs_in()


def newcomer(town: Town, password: str = NEW) -> Colleague:
    """Somebody who opened an invitation and chose a password."""
    link = town.use("invite")()
    person = Colleague(town.use("app"), town.use("clock"), "nouvelle").opens(link)
    return person.sends(link, nouveau_mot_de_passe=password, confirmation=password)


def enrolled(town: Town) -> Colleague:
    path = "/gestion/second-facteur/application"
    person = newcomer(town).opens(path)
    return person.sends(path, code=code_at(secret_on(person), person.clock.instant))


def waits(town: Town) -> Colleague:
    person = head(town)
    for _ in range(11):
        person.gives_password("wrong-password-1")
    return person


def confirms(town: Town, path: str = "/gestion/ma-session/codes") -> Colleague:
    person = director(town)
    person.clock.advance(minutes=6)
    return person.opens(path)


def corrects(town: Town, **fields: str) -> Colleague:
    path = f"{ROOT}/familles/{town.use('family')[0]}/corriger"
    return director(town).opens(path).sends(path, **fields)


def sends_file(town: Town, *names: str) -> Colleague:
    person = director(town).opens(f"{ROOT}/fichier")
    files = [(io.BytesIO((SAMPLES / name).read_bytes()), Path(name).name) for name in names]
    return person.sends(f"{ROOT}/fichier", data={"fichiers": files, "renommages": "1"})


ONDE = ("onde/CSVExtraction-eleves.csv", "onde/CSVExtraction-responsables.csv")


def imports(town: Town) -> Colleague:
    """The school after its sample files, which end the two pupils that it had."""
    person = sends_file(town, *ONDE)
    for name in ("/verifier", ""):
        action = person.action(f"/fichier/[0-9a-f]+{name}")
        person.sends(action, departs=SCHOOL)
    return person


def imported(town: Town) -> Colleague:
    """The same, once an administrator agreed to the departures."""
    person, second = imports(town), administers(town)
    second.sends(departures(second).path, reponse="oui")
    return person.opens(f"{ROOT}/fichier")


def cuts_links(town: Town) -> Colleague:
    """A file of a few responsables only, sent to the school that has them all."""
    imported(town)
    return sends_file(town, "onde/variants/responsables-windows-1252.csv")


def asked(town: Town) -> Colleague:
    """What an administrator is asked."""
    imports(town)
    return departures(administers(town))


def departures(person: Colleague) -> Colleague:
    """The page that asks an administrator about them."""
    found = re.search(r'href="([^"]+/departs/[0-9a-f]{32})"', person.opens(f"/gestion/ecoles/{SCHOOL}").text)
    assert found is not None
    return person.opens(found[1])


def several_schools(town: Town) -> Colleague:
    town.use("family")
    town.use("add_second_school")()
    person: Colleague = town.use("hire")("principal", "school_head", uais=[SCHOOL, "0590002B"])
    return person.logs_in()


PEOPLE = "/gestion/personnel"
INVITED = {"login": "mallory", "nom": "Mme Mallory", "email": "mallory@example.org", "role": "administrator"}


def administers(town: Town, *others: str) -> Colleague:
    """An administrator, with these others."""
    for login in others:
        town.use("hire")(login, "administrator")
    person: Colleague = town.use("administrator")
    return person.logs_in()


def proposes(town: Town) -> Colleague:
    return administers(town, "anne").sends(f"{PEOPLE}/inviter", INVITED)


def opens_own_proposal(town: Town) -> Colleague:
    person = proposes(town)
    found = re.search(rf'href="({PEOPLE}/demandes/[0-9a-f]+)"', person.text)
    assert found is not None
    return person.opens(found.group(1))


def on_colleague(town: Town, act: str, **fields: str) -> Colleague:
    """What a sole administrator tries on the head of the school."""
    town.use("head")
    person = administers(town).opens(PEOPLE)
    found = re.search(rf'href="({PEOPLE}/[0-9a-f]+)">directrice<', person.text)
    assert found is not None
    return person.sends(f"{found.group(1)}/{act}", fields)


PAGES: tuple[tuple[str, Any], ...] = (
    ("personnel-demande-faite", proposes),
    ("personnel-demande-la-mienne", opens_own_proposal),
    ("personnel-demande-partie", lambda town: administers(town).opens(f"{PEOPLE}/demandes/none")),
    ("personnel-invite-par-courriel", lambda town: administers(town).sends(
        f"{PEOPLE}/inviter", {**INVITED, "role": "support", "academie": "Lille"},
    )),
    ("personnel-inviter-refuse", lambda town: administers(town).sends(f"{PEOPLE}/inviter", {**INVITED, "email": "x"})),
    ("personnel-acte-refuse", lambda town: on_colleague(town, "facteur")),
    ("personnel-role-refuse", lambda town: on_colleague(town, "role", role="school_head", ecoles="0000000A")),
    ("personnel-adresse-refusee", lambda town: on_colleague(town, "adresse", email="x")),
    ("personnel-connexion", lambda town: head(town).opens("/gestion/connexion")),
    ("personnel-connexion-erreur", lambda town: head(town).gives_password("wrong-password-1")),
    ("personnel-connexion-attente", waits),
    ("personnel-second-facteur", lambda town: head(town).gives_password()),
    ("personnel-second-facteur-refuse", lambda town: head(town).gives_password().gives_code("000000")),
    ("personnel-confirmer", confirms),
    ("personnel-invitation", lambda town: head(town).opens(town.use("invite")())),
    ("personnel-invitation-refusee", lambda town: newcomer(town, "court")),
    ("personnel-lien-mort", lambda town: head(town).opens("/gestion/invitation/none")),
    ("personnel-choisir", newcomer),
    ("personnel-application", lambda town: newcomer(town).opens("/gestion/second-facteur/application")),
    ("personnel-cle", lambda town: town.rendered("consoles/entry/passkey.html", first=True, kind="")),
    ("personnel-codes", enrolled),
    ("ecole-plusieurs", several_schools),
    ("ecole-correction-refusee", lambda town: corrects(town, mobile="12", family_name="", first_name="Valéry")),
    ("ecole-correction", lambda town: corrects(
        town, mobile="06 39 98 12 34", family_name="DURANT", usage_name="PETIT", first_name="V", motif="acte", vu="1",
    )),
    ("ecole-fichier-refuse", lambda town: sends_file(town, "malformed/01-vide.csv")),
    ("ecole-fichier-departs", lambda town: sends_file(town, *ONDE)),
    ("ecole-fichier-liens", cuts_links),
    ("ecole-fichier-demande", imports),
    ("ecole-fichier-enregistre", imported),
    ("administration-departs", asked),
    ("ecole-familles", lambda town: imported(town).opens(f"{ROOT}/familles")),
    ("ecole-familles-aucune", lambda town: director(town).opens(f"{ROOT}/familles?q=zzz")),
    ("ecole-questions", lambda town: imported(town).opens(f"{ROOT}/questions")),
    ("ecole-comptes", lambda town: imported(town).opens(f"{ROOT}/comptes")),
)  # fmt: skip
