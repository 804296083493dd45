"""Importing school files: read, compare, then write all of it or nothing.

Each import is a full picture of one school for one school year; the same bytes again change nothing. Many schools may
come in one batch and one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from idp import audit, clock
from idp.db import db, new_id
from idp.errors import Refusal
from idp.registry import corrections, endings, families, known, pupil_plan
from idp.registry.adult_plan import AdultPlanner
from idp.registry.errors import FilesDisagree, ImportRefused, KeysRenumbered, MassEnding, RecordTaken, SchoolUnknown
from idp.registry.link_plan import keep_links, write_links
from idp.registry.models import Import, School
from idp.registry.plan import Plan, Writer
from idp.registry.pupil_plan import PupilPlanner
from idp.registry.questions import Questions
from idp.registry.reading import SchoolFiles
from idp.registry.staging import Staging

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Consent:
    """What a person has agreed to beforehand."""

    mass_ending: frozenset[str] = frozenset()
    """Schools (UAI) in which many pupils or links, or a whole class, may end."""
    renumbered: frozenset[str] = frozenset()
    """Schools whose base was renumbered: an identifier that points to somebody else is not believed."""
    renames: bool = False
    """That adults who changed one name are the same."""


def write(
    staging: Staging,
    schools: Sequence[SchoolFiles],
    school_year: int,
    consent: Consent,
    *,
    made_by: str = "",
    progress: Progress = lambda count: None,
) -> list[Plan]:
    """Write the batch into the current transaction, which the caller commits or rolls back.

    Takes each school's lock, so that its imports follow one another. Raises ImportRefused with every refusal
    (SchoolUnknown, FilesDisagree, KeysRenumbered, MassEnding; RecordTaken, which is the last): the caller must roll
    back.
    """
    plans: list[Plan] = []
    refusals: list[Refusal] = []
    statistics = _Statistics()
    for school in schools:
        statistics.renew(sum(sum(plan.counts.values()) for plan in plans))
        try:
            plans.append(_Import(staging, school, school_year, consent, progress).run(made_by))
        except (SchoolUnknown, FilesDisagree, KeysRenumbered, MassEnding) as refusal:
            refusals.append(refusal)
        except IntegrityError as error:  # The database takes no more statements, so the other schools wait.
            files = [file.name for file in school.files]
            refusals.append(RecordTaken(uai=school.uai, files=files, constraint=_constraint(error)))
            break
    if refusals:
        raise ImportRefused(refusals)
    return plans


def _constraint(error: IntegrityError) -> str:
    """What was violated, without the values that PostgreSQL's message tells."""
    diagnosis = getattr(error.orig, "diag", None)
    return str(diagnosis.constraint_name) if diagnosis else str(error.orig).rpartition(": ")[2]


class _Statistics:
    """PostgreSQL reads new tables whole until it knows their size, which it learns by itself after the commit only.

    A registry that has many pupils already is left alone: the lock of ANALYZE would hold other imports up.
    """

    _FIRST = 2000

    def __init__(self) -> None:
        self._tables = ", ".join(known.table_of(kind).name for kind in known.RECORDS)
        self._is_needed = db.engine.dialect.name == "postgresql"
        self._next = self._FIRST
        if self._is_needed:
            known_rows = db.session.scalar(text("SELECT reltuples FROM pg_class WHERE oid = 'pupils'::regclass"))
            self._next = max(self._FIRST, int(known_rows or 0))

    def renew(self, rows: int) -> None:
        """Measure the tables each time that the rows written have doubled."""
        if self._is_needed and rows >= self._next:
            db.session.execute(text(f"ANALYZE {self._tables}"))
            self._next = 2 * rows


class _Import:
    """One school's import."""

    def __init__(
        self, staging: Staging, school: SchoolFiles, school_year: int, consent: Consent, progress: Progress
    ) -> None:
        self.staging, self.school, self.consent = staging, school, consent
        self.now = clock.now()
        self.plan = Plan(school.uai, school.school_year(school_year), new_id())
        self.writer = Writer(self.plan, progress)

    def run(self, made_by: str) -> Plan:
        uai = self.school.uai
        if db.session.scalar(select(School.uai).where(School.uai == uai).with_for_update()) is None:
            raise SchoolUnknown(uai=uai)
        record = Import(
            id=self.plan.import_id,
            uai=uai,
            school_year=self.plan.school_year,
            source=self.school.source,
            digests=[file.digest for file in self.school.files],
            made_by=made_by,
            at=self.now,
        )
        db.session.add(record)
        db.session.flush()
        self._write()
        record.counts = self.plan.counts
        facts: dict[str, audit.Fact] = {"uai": uai, "import_id": record.id, "by": made_by, **self.plan.counts}
        audit.record("registry.imported", **facts)  # type: ignore[arg-type]  # no fact is named account_id or client_id
        return self.plan

    def _write(self) -> None:
        pupils, persons = self.school.pupils, self.school.persons
        known.load(self.staging, self.school.uai, pupils.number if pupils else None)
        said = corrections.in_force(self.school.uai)
        questions = Questions(self.school.uai, self.staging, self.plan.school_year)
        if pupils:
            self._write_pupils(said)
        elif self.staging.first("SELECT 1 FROM known_pupil WHERE ended = 0"):
            pupil_plan.keep_all(self.staging)
        else:
            raise FilesDisagree(uai=self.school.uai, reason="the pupils come first")
        if persons:
            self._write_persons(said, questions)
        else:
            keep_links(self.staging)
        if self.school.uai not in self.consent.mass_ending:
            endings.check(self.staging, self.school.uai)
        write_links(self.staging, self.writer, self.now)
        self.writer.close()
        if persons:
            questions.close()

    def _write_pupils(self, said: corrections.InForce) -> None:
        planner = PupilPlanner(self.staging, self.writer, self.school, self.now, said)
        if self.school.uai not in self.consent.renumbered:
            planner.check_keys()
        planner.run()
        planner.end_the_gone()

    def _write_persons(self, said: corrections.InForce, questions: Questions) -> None:
        pupils, persons = self.school.pupils, self.school.persons
        assert persons is not None
        pupil_file = pupils.number if pupils else None
        adults = AdultPlanner(
            self.staging, self.writer, persons, self.now, said, questions, accept_renames=self.consent.renames
        )
        if self.school.uai not in self.consent.renumbered:
            adults.check_keys()
        if persons.source == "siecle":
            families.join_siecle(self.staging, persons, pupil_file)
        else:
            families.OndeFamilies(self.staging, persons, questions, pupils=pupils).join()
        adults.run()
