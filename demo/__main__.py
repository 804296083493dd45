"""`make demo`: the whole town on one machine, ready to be clicked; Ctrl-C ends it."""

import signal
import subprocess
import sys
import threading

from demo import configuration, first_parent
from demo.addresses import Addresses
from demo.processes import NotAnswering, Town, is_free

SAMPLES = "demo/samples"
SCHOOL_YEAR = "2025"
SCHOOLS = {
    "0599901S": (
        "ECOLE PRIMAIRE PUBLIQUE ROGER SALENGRO",
        "1",
        "onde/CSVExtraction-eleves.csv",
        "onde/CSVExtraction-responsables.csv",
    ),
    "0599902T": (
        "COLLEGE LES TROIS TILLEULS",
        "2",
        "siecle/ElevesAvecAdresses.xml",
        "siecle/ResponsablesAvecAdresses.xml",
    ),
}
LETTER_TO = ("0599901S", "Roussel", "ROUSSEL Amélie")
LETTER_PASSWORD = "Lettre2017"
NAMES = {"portal": "Scolarité Services", "lsu": "Livret Scolaire Unique"}
REPORTS = "clients/lsu/reports/sample.toml"
WELCOME = {
    "0599901S": "Bienvenue à l’école Roger Salengro. La garderie ouvre à 7 h 30, côté rue des Tilleuls.",
    "0599902T": "Bienvenue au collège. Les réunions avec les professeurs principaux ont lieu le jeudi soir.",
}
"""What the portal says under each school's name."""
SCOPES = "openid profile email eleves"
REGISTRATION_TOKEN = "demo-initial-access-token"
REGISTRATION_SCOPES = "openid profile email phone offline_access"


def main() -> int:
    """Start everything, tell where it is, wait for the end."""
    addresses = Addresses.from_environment()
    if busy := [f"{port} ({name})" for name, port in addresses.ports.items() if not is_free(port)]:
        print(f"Port in use: {', '.join(busy)}. Stop what uses it, or set DEMO_PORT_BASE.", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    town = Town()
    try:
        _open(town, addresses)
        _tell(addresses)
        while not ended.wait(0.5):
            if name := town.first_ended():
                print(f"{name} has ended by itself; its lines above say why", file=sys.stderr)
                return 1
    except (NotAnswering, subprocess.CalledProcessError, first_parent.NoMessage) as error:
        print(f"The town could not open: {error}", file=sys.stderr)
        return 1
    finally:
        town.stop()
    return 0


def _open(town: Town, addresses: Addresses) -> None:
    """Write settings, fill the database once, start every program and wait until all answer."""
    secrets = configuration.write(addresses)
    done = addresses.file("seeded")
    idp = ("-m", "idp", "--config", str(addresses.file("idp.toml")))
    if not done.exists():
        _fill(idp, addresses, secrets)
    ports = addresses.ports
    mailbox = ("-m", "demo.mailbox", "--http-port", str(ports["mailbox"]), "--smtp-port", str(ports["smtp"]))
    town.start("mailbox", (*mailbox, "--data-dir", str(addresses.file("mailbox"))))
    town.start("franceconnect", ("-m", "demo.franceconnect", "--config", str(addresses.file("franceconnect.toml"))))
    town.start("provider", (*idp, "serve"), {"IDP_CONFIG": str(addresses.file("idp.toml"))})
    town.start("worker", (*idp, "worker"))
    for name in ("mailbox", "franceconnect", "provider"):
        town.wait_for(name, ports[name])
    for name in ("portal", "lsu"):
        town.start(name, ("-m", f"clients.{name}", "--config", str(addresses.file(f"{name}.toml"))))
        town.wait_for(name, ports[name])
    if not done.exists():
        print("Registering the first parent, as a parent does…", flush=True)
        first_parent.register(addresses.url("provider"), addresses.url("mailbox"))
        done.touch()


def _fill(idp: tuple[str, ...], addresses: Addresses, secrets: dict[str, str]) -> None:
    """What an administrator and a school do by hand: keys, tables, schools, school files, relying parties, reports."""
    _run(*idp, "keys", "generate")
    _run(*idp, "migrate")
    for uai, (name, degree, *files) in SCHOOLS.items():
        facts = ("--degree", degree, "--academie", "Lille", "--welcome", WELCOME[uai])
        _run(*idp, "registry", "school", uai, name, *facts)
        paths = [f"{SAMPLES}/{file}" for file in files]
        _run(*idp, "registry", "import", *paths, "--school", uai, "--school-year", SCHOOL_YEAR)
    for name, secret in secrets.items():
        own = addresses.url(name)
        uris = ("--redirect-uri", f"{own}/callback", "--post-logout-redirect-uri", f"{own}/deconnecte")
        rights = ("--scope", SCOPES, "--secret", secret, "--first-party", "--birth-dates")
        _run(*idp, "clients", "add", name, "--name", NAMES[name], *uris, *rights)
    ceiling = ("--scope", REGISTRATION_SCOPES, "--quota", "1000000", "--days", "3650")
    _run(*idp, "clients", "token", "add", "demo", "--value", REGISTRATION_TOKEN, *ceiling)
    _print_letter(idp, addresses)
    _run("-m", "clients.lsu.seed", "--config", str(addresses.file("lsu.toml")), "--reports", REPORTS)


def _print_letter(idp: tuple[str, ...], addresses: Addresses) -> None:
    """A letter that nobody used yet, as the school's batch makes it, with a password that the table can tell."""
    uai, surname, name = LETTER_TO
    found = [sys.executable, *idp, "registry", "find", surname, "--school", uai]
    lines = subprocess.run(found, capture_output=True, check=True).stdout.decode().splitlines()
    responsable_id = next(line.split()[0] for line in lines if name in line)
    letter = str(addresses.file("lettre.pdf"))
    _run(*idp, "letters", "print", letter, "--responsable", responsable_id, "--password", LETTER_PASSWORD)


def _run(*command: str) -> None:
    subprocess.run([sys.executable, *command], check=True)


def _tell(addresses: Addresses) -> None:
    """The table of addresses and accounts, then the line that says that all is there."""
    print(
        f"""
identity provider             {addresses.url("provider")}   /.well-known/openid-configuration
portal «Scolarité Services»   {addresses.url("portal")}   start here
LSU viewer                    {addresses.url("lsu")}
FranceConnect simulator       {addresses.url("franceconnect")}   issuer …/api/v2
mailbox                       {addresses.url("mailbox")}   every SMS and mail

First thing to try: register as Valéry DURANT, mobile 06 39 98 12 34,
                children Alexis (14/03/2017) and Camille (22/06/2014)
Register a relying party of your own: initial access token {REGISTRATION_TOKEN}
Account:        f.sow1 / {first_parent.PASSWORD}
Unused letter:  a.roussel1 / {LETTER_PASSWORD}
Demo ready""",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
