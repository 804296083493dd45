"""What an administrator and a school do by hand before anybody comes, done once."""

import json
import shlex
import subprocess
import sys

from demo.addresses import Addresses

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
WELCOME = {
    "0599901S": "Bienvenue à l’école Roger Salengro. La garderie ouvre à 7 h 30, côté rue des Tilleuls.",
    "0599902T": "Bienvenue au collège. Les réunions avec les professeurs principaux ont lieu le jeudi soir.",
}
"""What the portal says under each school's name."""
LETTER_TO = ("0599901S", "Roussel", "ROUSSEL Amélie")
LETTER_PASSWORD = "Lettre2017"
STAFF = {
    "directrice": ("school_head", "Mme la directrice", "--school", "0599901S"),
    "assistance": ("support", "Équipe d’assistance", "--academie", "Lille"),
    "administrateur": ("administrator", "Administrateur"),
}
STAFF_PASSWORD = "Rentree2017-staff"
STAFF_SECRETS = ("--password", STAFF_PASSWORD, "--totp-secret", "JBSWY3DPEHPK3PXP")
"""The mailbox's page /totp shows the codes of that secret."""
NAMES = {"portal": "Scolarité Services", "lsu": "Livret Scolaire Unique", "tryit": "Essayer la connexion"}
REPORTS = "clients/lsu/reports/sample.toml"
SCOPES = "openid profile email eleves"
TRY_IT = ("--third-party", "--grant-type", "authorization_code", "--grant-type", "refresh_token")
"""Who tries a login sees the page that asks for consent, and may ask for every scope."""
EVERY_SCOPE = f"{SCOPES} phone address offline_access"
REGISTRATION_TOKEN = "demo-initial-access-token"
REGISTRATION_SCOPES = "openid profile email phone offline_access"

Words = tuple[str, ...]


class Seeding:
    """The commands that fill the town; those that nobody waits for run beside the rest until `finish`."""

    def __init__(self, idp: Words, addresses: Addresses) -> None:
        self._idp, self._addresses = idp, addresses
        self._beside: list[subprocess.Popen[bytes]] = []

    def fill(self, secrets: dict[str, str]) -> None:
        """Keys, tables, schools and their files, staff, relying parties; a letter and reports are begun."""
        reports = ("--config", str(self._addresses.file("lsu.toml")), "--reports", REPORTS)
        self._start("-m", "clients.lsu.seed", *reports)
        uai, surname, name = LETTER_TO
        find = ("registry", "find", surname, "--school", uai)
        people = (*_provider(), *_schools(), *_staff())
        lines = self._batch([*people, *self._relying_parties(secrets), self._school_reports(), find])
        responsable_id = next(line.split()[0] for line in lines if name in line)
        self._print_letter(responsable_id)

    def finish(self) -> None:
        """Until all that was begun is done."""
        for process in self._beside:
            if process.wait():
                raise subprocess.CalledProcessError(process.returncode, process.args)
        self._beside.clear()

    def close(self) -> None:
        """Leave nothing behind when the town closes half-way."""
        for process in self._beside:
            process.kill()
            process.wait()

    def _batch(self, commands: list[Words]) -> list[str]:
        """Run `idp` commands as one program, and show what they say, which is given back too."""
        text = "\n".join(shlex.join(words) for words in commands)
        command = [sys.executable, *self._idp, "batch", "-"]
        done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=False)
        said = done.stdout.decode()
        print(said, end="", flush=True)
        done.check_returncode()
        return said.splitlines()

    def _print_letter(self, responsable_id: str) -> None:
        """A letter that nobody used yet, as the school's batch makes it, with a password that the table can tell."""
        letter = str(self._addresses.file("lettre.pdf"))
        whom = ("--responsable", responsable_id, "--password", LETTER_PASSWORD)
        self._start(*self._idp, "letters", "print", letter, *whom)

    def _relying_parties(self, secrets: dict[str, str]) -> list[Words]:
        commands: list[Words] = []
        for name, secret in secrets.items():
            own = self._addresses.url(name)
            uris = ("--redirect-uri", f"{own}/callback", "--post-logout-redirect-uri", f"{own}/deconnecte")
            kind = ("--scope", EVERY_SCOPE, *TRY_IT) if name == "tryit" else ("--scope", SCOPES, "--first-party")
            rights = (*kind, "--secret", secret, "--birth-dates")
            members = {"backchannel_logout_uri": f"{own}/backchannel-logout", "initiate_login_uri": f"{own}/initiate"}
            more = ("--metadata", json.dumps(members))
            commands.append(("clients", "add", name, "--name", NAMES[name], *uris, *rights, *more))
        ceiling = ("--scope", REGISTRATION_SCOPES, "--quota", "1000000", "--days", "3650")
        return [*commands, ("clients", "token", "add", "demo", "--value", REGISTRATION_TOKEN, *ceiling)]

    def _school_reports(self) -> Words:
        """The portal's tile: every child's school has it."""
        target = ("--target", f"{self._addresses.url('lsu')}/", "--names-child")
        french = ("--title", "Livret Scolaire (CP - 3e)", "--description", "Les bilans de votre enfant")
        english = ("--title-en", "School reports", "--description-en", "Your child’s reports")
        return ("services", "add", "lsu", "--client", "lsu", "--picture", "book", *target, *french, *english)

    def _start(self, *command: str) -> None:
        self._beside.append(subprocess.Popen([sys.executable, *command]))


def _provider() -> list[Words]:
    return [("keys", "generate"), ("migrate",)]


def _schools() -> list[Words]:
    commands: list[Words] = []
    for uai, (name, degree, *files) in SCHOOLS.items():
        facts = ("--degree", degree, "--academie", "Lille", "--welcome", WELCOME[uai])
        paths = [f"{SAMPLES}/{file}" for file in files]
        commands.append(("registry", "school", uai, name, *facts))
        commands.append(("registry", "import", *paths, "--school", uai, "--school-year", SCHOOL_YEAR))
    return commands


def _staff() -> list[Words]:
    commands: list[Words] = []
    for login, (role, name, *border) in STAFF.items():
        commands.append(("staff", "invite", login, "--role", role, "--name", name, *border, *STAFF_SECRETS))
    return commands
