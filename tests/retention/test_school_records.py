"""A school that stops sending files, what imports leave behind: each has its time, and a new file works as before."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy import delete, func, select

from idp.accounts import service as accounts
from idp.audit import AuditEntry
from idp.cli.registry import overdue
from idp.db import db
from idp.flows.retention.housekeeping import Housekeeper
from idp.registry import corrections, finished_years, questions
from idp.registry.errors import AnswerUnknown
from idp.registry.matching import children_of
from idp.registry.models import Correction, Enrolment, Import, ImportRows, Link, Pupil, Question, Responsable
from idp.registry.plan import Plan
from idp.settings import Settings
from tests.conftest import BOTH_DATABASES
from tests.registry.conftest import ECOLE, import_batch, import_files, schools  # noqa: F401 - fixtures

pytestmark = BOTH_DATABASES
ONDE = Path(__file__).parents[2] / "demo" / "samples" / "onde"
FILES = ["CSVExtraction-eleves.csv", "CSVExtraction-responsables.csv"]
EMAIL = "valery@example.org"


@pytest.fixture
def send(import_files: Callable[..., Plan]) -> Callable[..., Plan]:
    """The school sends its files of a school year."""
    return lambda year=2025: import_files(ONDE, FILES, year=year)


@pytest.fixture
def keep_house(settings: Settings) -> Callable[[], dict[str, int]]:
    def run() -> dict[str, int]:
        keeper = Housekeeper(settings, threading.Event())
        done = keeper.walk() | keeper.clean()
        db.session.expire_all()
        return {name: count for name, count in done.items() if count}

    return run


@pytest.fixture
def mother(send: Callable[..., Plan]) -> Responsable:
    """Valéry DURANT, whose school sent its files of 2025-2026 in January 2026; she has an account."""
    send()
    adult = db.session.scalars(select(Responsable).filter_by(family_name="DURANT", first_name="Valéry")).one()
    account = accounts.create([adult], password_hash="x", mobile="+33639981234")
    account.email = EMAIL
    db.session.commit()
    return adult


def open_ones(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(model.ended_at.is_(None))) or 0


def children(mother: Responsable) -> list[str]:
    return [child.first_name for child in children_of([mother.id])]


def rows(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_pupils_of_a_finished_year_end_when_the_school_sends_nothing_for_half_a_year(
    mother: Responsable, clock: Any, keep_house: Callable[[], dict[str, int]]
) -> None:
    before = children(mother)
    clock.set(clock().replace(year=2027, month=1, day=26))  # 31 July, and 179 days.
    keep_house()
    assert children(mother) == before != []

    clock.advance(days=3)
    keep_house()

    assert children(mother) == []
    assert (open_ones(Enrolment), open_ones(Link), open_ones(Responsable)) == (0, 0, 0)
    told = db.session.scalars(select(AuditEntry).where(AuditEntry.event == "registry.unrenewed")).all()
    assert {entry.uai for entry in told} == {ECOLE}


def test_a_sweep_that_is_stopped_half_way_goes_on_the_next_time(
    mother: Responsable, clock: Any, settings: Settings, keep_house: Callable[[], Any]
) -> None:
    """Small transactions: each holds the school's lock for a moment."""
    clock.advance(days=400)
    stop = threading.Event()
    stop.set()
    few = replace(settings, retention=replace(settings.retention, batch=3))
    Housekeeper(few, stop).walk()
    assert open_ones(Enrolment) > 0
    stop.clear()

    Housekeeper(few, stop).walk()

    assert (open_ones(Enrolment), open_ones(Link), open_ones(Responsable)) == (0, 0, 0)


def test_a_file_that_comes_in_the_middle_of_the_sweep_is_not_undone(
    mother: Responsable, clock: Any, send: Callable[..., Plan]
) -> None:
    before = children(mother)
    clock.advance(days=400)
    sweep = finished_years.end_unrenewed([ECOLE], days=180, batch=3)
    next(sweep)
    db.session.commit()

    send(2026)
    list(sweep)

    assert children(mother) == before


def test_the_command_lists_schools_that_owe_a_file(mother: Responsable, clock: Any, settings: Settings) -> None:
    early = CliRunner().invoke(overdue, obj=settings)
    clock.advance(days=240)

    result = CliRunner().invoke(overdue, obj=settings)

    assert early.stdout == ""
    assert result.stdout == f"{ECOLE}  2025-2026  28/01/2027  École Roger-Salengro\n"


def test_another_sweep_changes_nothing(mother: Responsable, clock: Any, keep_house: Callable[[], Any]) -> None:
    clock.advance(days=400)
    keep_house()

    assert keep_house() == {}


def test_a_school_that_sends_its_new_file_keeps_its_pupils(
    mother: Responsable, clock: Any, send: Callable[..., Plan], keep_house: Callable[[], Any]
) -> None:
    clock.set(clock().replace(year=2026, month=9, day=15))
    send(2026)
    before = children(mother)

    clock.set(clock().replace(year=2027, month=7, day=30))
    keep_house()

    assert children(mother) == before != []


def test_the_same_files_bring_everybody_back_after_the_sweep(
    mother: Responsable, clock: Any, send: Callable[..., Plan], keep_house: Callable[[], Any]
) -> None:
    before, people = children(mother), {model: rows(model) for model in (Pupil, Responsable, Link, Enrolment)}
    clock.advance(days=400)
    keep_house()

    plan = send(2026)

    assert children(mother) == before
    assert {model: rows(model) for model in people} == people
    assert plan.pupils.added.total == 0
    assert send(2026).is_empty


def test_files_of_the_old_year_that_come_late_hold_for_as_long_again(
    mother: Responsable, clock: Any, send: Callable[..., Plan], keep_house: Callable[[], Any]
) -> None:
    before = children(mother)
    clock.advance(days=400)
    keep_house()
    send(2025)

    clock.advance(days=100)
    keep_house()
    assert children(mother) == before
    clock.advance(days=100)
    keep_house()
    assert children(mother) == []


def test_families_of_a_silent_school_are_warned_then_erased_with_its_records(
    mother: Responsable, clock: Any, keep_house: Callable[[], Any]
) -> None:
    account = db.session.scalars(select(accounts.Account)).one()
    account.email_verified_at = clock()
    db.session.commit()

    for _month in range(20):
        clock.advance(days=30)
        keep_house()
        assert account.state == "active"
    for _month in range(10):
        clock.advance(days=30)
        keep_house()

    assert (account.state, account.family_name) == ("erased", "")
    assert (rows(Pupil), rows(Responsable), rows(Link), rows(Question)) == (0, 0, 0, 0)


def test_what_an_import_touched_is_forgotten_after_a_year_but_not_of_which_year_the_last_one_was(
    mother: Responsable, clock: Any, send: Callable[..., Plan], keep_house: Callable[[], Any]
) -> None:
    clock.set(clock().replace(month=9))
    send(2026)
    assert (rows(Import), rows(ImportRows) > 0) == (2, True)

    clock.advance(days=364)
    keep_house()
    assert (rows(Import), rows(ImportRows) > 0) == (1, True)
    clock.advance(days=2)
    keep_house()

    assert (rows(Import), rows(ImportRows)) == (1, 0)
    last = finished_years.find_last_file(ECOLE)
    assert last is not None
    assert last.school_year == 2026


def test_a_correction_that_the_file_has_overtaken_is_forgotten_a_year_later(
    mother: Responsable, clock: Any, send: Callable[..., Plan], keep_house: Callable[[], Any]
) -> None:
    for value in ("06 39 98 77 66", "06 39 98 77 67"):
        corrections.correct(mother.id, "mobile", value, uai=ECOLE)
        corrections.apply_due()
    db.session.commit()
    clock.advance(days=366)

    keep_house()

    assert db.session.scalars(select(Correction.value)).all() == ["+33639987767"]


def test_an_answer_that_a_later_years_files_need_stays_and_the_others_go(
    mother: Responsable, send: Callable[..., Plan], import_files: Callable[..., Plan]
) -> None:
    """A renamed adult has the new name now; two pupils of one name stay two."""
    import_files(ONDE / "reimport", FILES)
    for question in questions.waiting(ECOLE):
        answer = questions.candidates_of(question)[0][0]
        questions.decide(question.id, answer, uai=ECOLE)
    db.session.commit()
    import_files(ONDE / "reimport", FILES)
    answered = set(db.session.scalars(select(Question.kind)))

    plan = import_files(ONDE / "reimport", FILES, year=2026)

    assert answered == {"child", "rename"}
    assert set(db.session.scalars(select(Question.kind))) == {"child"}
    assert (questions.waiting(ECOLE), plan.links.ended.total, plan.responsables.added.total) == ([], 0, 0)
    assert import_files(ONDE / "reimport", FILES, year=2026).is_empty


def test_a_pupil_who_was_deleted_is_no_answer_any_more(mother: Responsable) -> None:
    [question] = [one for one in questions.waiting(ECOLE) if one.kind == "child" and "David" in one.text]
    gone, other = question.candidates
    db.session.execute(delete(Link).where(Link.pupil_id == gone))
    db.session.execute(delete(Enrolment).where(Enrolment.pupil_id == gone))
    db.session.commit()

    with pytest.raises(AnswerUnknown):
        questions.decide(question.id, gone, uai=ECOLE)

    assert [candidate for candidate, _ in questions.candidates_of(question)] == [other]
