"""`recovery.enumeration`: what an outsider learns about an address or an identifiant, from the page and from the work.

ATTACKS 88. Work is counted, since counts do not depend on the load of the machine: statements, rows, hashes. The
clock is looked at too, as medians of many interleaved requests.
"""

import re
import statistics
import time
from collections import Counter

import pytest
from sqlalchemy import event, func, select

from idp import limits
from idp.accounts import passwords
from idp.db import Base, db
from idp.settings import build
from tests.journeys.forgetful import change, loses_identifiant, loses_password

ADDRESS = "valery.durant@example.org"
KNOWN, UNKNOWN = "v.durant1", "z.nobody1"
TOKENS = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}|2026-\d{3}-\d{3}-\d{3}")


@pytest.fixture(params=["explicit", "uniform"])
def enumeration(request):
    return request.param


@pytest.fixture
def settings(settings, enumeration):
    tables = {"server": {"demo": True}, "database": {"url": settings.database.url, "synchronous": "NORMAL"},
              "keys": {"directory": settings.keys.directory},
              "recovery": {"enumeration": enumeration, "requests_per_address_per_hour": 100_000,
                           "requests_per_target_per_hour": 100_000, "requests_per_target_per_day": 100_000},
              "sms": {"per_number_per_hour": 100_000, "per_number_per_day": 100_000, "resend_after_seconds": 1},
              "limits": {"requests_per_address_per_minute": 1_000_000},
              "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1}}  # fmt: skip
    return build(tables)


@pytest.fixture
def visitor(parent, another_browser, clock, app):
    parent.until_end()
    change(app, email=ADDRESS, email_verified_at=clock.instant)
    clock.advance(hours=2)
    return another_browser


def seen(person, typed):
    """The page without its tokens and without what the person typed."""
    return person.page.status_code, TOKENS.sub("", person.text).replace(typed, "").replace(
        typed.replace("@", "<wbr>@"), ""
    )


@pytest.mark.parametrize("enumeration", ["uniform"], indirect=True)
class TestUniform:
    def test_every_identifiant_gets_the_same_page_about_a_mail(self, visitor, app):
        pages = [seen(loses_password(visitor, typed), typed) for typed in (KNOWN, UNKNOWN)]
        change(app, email_verified_at=None)
        pages.append(seen(loses_password(visitor, KNOWN), KNOWN))
        change(app, state="suspended")
        pages.append(seen(loses_password(visitor, KNOWN), KNOWN))

        assert pages == [pages[0]] * 4
        assert "Si cet identifiant existe" in pages[0][1]

    def test_every_address_gets_the_same_page(self, visitor, app):
        pages = [seen(loses_identifiant(visitor, typed), typed) for typed in (ADDRESS, "nobody@example.org")]
        change(app, email_verified_at=None)
        pages.append(seen(loses_identifiant(visitor, ADDRESS), ADDRESS))

        assert pages == [pages[0]] * 3

    def test_every_identifiant_gets_the_same_page_about_an_sms(self, visitor, app):
        pages = [seen(loses_password(visitor, typed, "sms"), typed) for typed in (KNOWN, UNKNOWN)]
        change(app, mobile_verified_at=None)
        pages.append(seen(loses_password(visitor, KNOWN, "sms"), KNOWN))

        assert pages == [pages[0]] * 3

    def test_wrong_codes_get_the_same_answers_where_no_code_left(self, visitor):
        answers = {}
        for typed in (KNOWN, UNKNOWN):
            loses_password(visitor, typed, "sms")
            code = "000000" if visitor.last_code() != "000000" else "000001"
            answers[typed] = [seen(visitor.sends(visitor.path, code=code), typed) for _try in range(6)]

        assert answers[KNOWN] == answers[UNKNOWN]

    def test_only_the_right_ones_get_a_mail(self, visitor):
        for typed in (KNOWN, UNKNOWN):
            loses_password(visitor, typed)
        for typed in (ADDRESS, "nobody@example.org"):
            loses_identifiant(visitor, typed)

        assert len(visitor.mails()) == len(visitor.mails(ADDRESS)) == 2

    def test_a_number_that_got_all_its_codes_gets_the_same_page(self, visitor, app):
        """What registration sent to the number shows to nobody here."""
        loses_password(visitor, UNKNOWN, "sms")
        expected, sent = seen(visitor, UNKNOWN), len(visitor.sms())
        with app.app_context():
            limits.hit("sms:day:+33639981234", limit=200_000, window_seconds=86_400, amount=150_000)
            db.session.commit()

        assert seen(loses_password(visitor, KNOWN, "sms"), KNOWN) == expected
        assert len(visitor.sms()) == sent


class Work:
    """What requests made the database and the hasher do."""

    def __init__(self, app, monkeypatch):
        self.app, self.statements, self.hashes = app, Counter(), 0
        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", self._count)
        monkeypatch.setattr(passwords.Hasher, "_turn", self._turn)

    def _count(self, connection, cursor, statement, parameters, context, many):
        self.statements[" ".join(statement.split())] += 1

    def _turn(self):
        self.hashes += 1
        raise AssertionError("nothing is hashed on the way to a mail")

    def rows(self):
        with self.app.app_context():
            return {
                name: db.session.scalar(select(func.count()).select_from(table))
                for name, table in Base.metadata.tables.items()
            }

    def of(self, act):
        """The statements of an act and the rows that it added."""
        before = self.rows()
        self.statements.clear()
        act()
        statements = dict(self.statements)
        after = self.rows()
        return statements, {name: after[name] - before[name] for name in after}


CASES = {
    "identifiant": lambda person, known: loses_identifiant(person, ADDRESS if known else "nobody.durant@example.org"),
    "mail": lambda person, known: loses_password(person, KNOWN if known else UNKNOWN),
    "sms": lambda person, known: loses_password(person, KNOWN if known else UNKNOWN, "sms"),
}


@pytest.mark.parametrize("case", CASES)
def test_known_and_unknown_make_the_same_statements_and_rows(visitor, app, monkeypatch, case):
    asks, work = CASES[case], Work(app, monkeypatch)
    for known in (True, False):
        asks(visitor, known)  # The first one of each opens its counters.

    known, unknown = (work.of(lambda known=known: asks(visitor, known)) for known in (True, False))

    assert known == unknown
    assert known[1]["outbox"] == known[1]["audit_entries"] - (case == "sms") == 1
    assert work.hashes == 0


@pytest.mark.parametrize("values", [{"email_verified_at": None, "mobile_verified_at": None}, {"state": "notified"}])
@pytest.mark.parametrize("case", CASES)
def test_a_partly_known_one_makes_them_too(visitor, app, monkeypatch, case, values):
    asks, work = CASES[case], Work(app, monkeypatch)
    change(app, **values)
    for known in (True, False):
        asks(visitor, known)

    known, unknown = (work.of(lambda known=known: asks(visitor, known)) for known in (True, False))

    assert known == unknown


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_known_and_unknown_take_the_same_time(visitor, case):
    """Medians of interleaved requests; up to three rounds, so that a busy machine does not fail it."""
    asks = CASES[case]
    for _round in range(3):
        times = {True: [], False: []}
        for _time in range(25):
            for known in (True, False):
                begun = time.perf_counter()
                asks(visitor, known)
                times[known].append(time.perf_counter() - begun)
        known, unknown = statistics.median(times[True]), statistics.median(times[False])
        if abs(known - unknown) < 0.25 * min(known, unknown):
            return
    raise AssertionError(f"known {known:.4f} s, unknown {unknown:.4f} s")
