"""The school's own file in the browser: what it would change is shown first, and nothing is written without a yes."""

import datetime as dt
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from idp import audit
from idp.db import db
from idp.errors import Refusal
from idp.flows import school_records
from idp.registry import finished_years, reading, waiting_files
from idp.registry.defects import Defect
from idp.registry.errors import FilesDisagree, FilesRefused, ImportRefused, MassEnding
from idp.registry.importing import Consent
from idp.registry.models import Enrolment
from idp.registry.plan import Plan
from idp.registry.reading import Reading, SchoolFiles
from idp.registry.service import current_school_year
from idp.registry.staging import Staging
from idp.registry.waiting_files import WaitingFiles
from idp.settings import Settings

MOST_DEFECTS = 200
File = tuple[str, bytes]
"""A name and a content."""


@dataclass(frozen=True)
class Outcome:
    """What an import changes, or changed; and what is wrong in its files."""

    plan: Plan
    defects: list[Defect]
    defect_count: int
    ignored: list[str] = field(default_factory=list)
    """Columns that nobody reads."""


def consent(uai: str, *, mass_ending: bool, renumbered: bool, renames: bool) -> Consent:
    """What the head agreed to, for this school alone."""
    own = frozenset({uai})
    return Consent(own if mass_ending else frozenset(), own if renumbered else frozenset(), renames)


def without_departures(agreed: Consent) -> Consent:
    """What one person alone may agree to."""
    return replace(agreed, mass_ending=frozenset())


def rehearse(uai: str, files: Sequence[File], agreed: Consent, settings: Settings, *, by: str) -> Outcome:
    """What the import would change; writes nothing, and leaves no transaction behind.

    Raises FilesRefused, ImportRefused.
    """
    try:
        return _run(uai, files, agreed, settings, by)
    finally:
        db.session.rollback()


def write(uai: str, files: Sequence[File], agreed: Consent, settings: Settings, *, by: str) -> Outcome:
    """Import into the current transaction, which the caller commits. Raises FilesRefused, ImportRefused."""
    return _run(uai, files, agreed, settings, by)


def departures(refusal: ImportRefused) -> dict[str, Any] | None:
    """The many departures for which alone the import was refused, as a second person is shown them."""
    (first, *others) = refusal.refusals
    if others or not isinstance(first, MassEnding):
        return None
    return {name: fact for name, fact in first.facts.items() if name != "uai"}


def ask(waiting_id: str, uai: str, found: dict[str, Any], agreed: Consent, settings: Settings, *, by: str) -> bool:
    """Let a second person say yes to many departures; whether the file waits still."""
    beside = {"renumbered": bool(agreed.renumbered), "renames": agreed.renames}
    life = dt.timedelta(hours=settings.staff.consent_hours)
    if not waiting_files.ask(waiting_id, {"departures": found, **beside}, life):
        return False
    audit.record("school_file.asked", uai=uai, by=by, **_counts(found))
    return True


def _counts(found: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in found.items() if name != "classes"}


def write_asked(waiting: WaitingFiles, settings: Settings, *, by: str) -> Outcome | None:
    """The second person's yes, to the departures that were shown and no others; None when they are others now.

    Imports into the current transaction, which the caller commits.
    """
    uai, asked, files = waiting.uai, waiting.asked or {}, waiting_files.unpack(waiting)
    beside = {"renumbered": asked["renumbered"], "renames": asked["renames"]}
    try:
        rehearse(uai, files, consent(uai, mass_ending=False, **beside), settings, by=waiting.sent_by)
    except FilesRefused:
        return None
    except ImportRefused as refusal:
        if departures(refusal) != asked["departures"]:
            return None
    audit.record("school_file.confirmed", uai=uai, by=by, **_counts(asked["departures"]))
    return write(uai, files, consent(uai, mass_ending=True, **beside), settings, by=waiting.sent_by)


def _run(uai: str, files: Sequence[File], agreed: Consent, settings: Settings, by: str) -> Outcome:
    year = _school_year(uai, settings)
    with tempfile.TemporaryDirectory(prefix="idp-") as folder, Staging() as staging:
        paths = [_put(Path(folder), number, file) for number, file in enumerate(files)]
        how = Reading(year, uai, settings.server.demo, settings.onde.aliases)
        schools = reading.read(paths, staging, how)
        _check_school(uai, files, schools)
        (plan,) = school_records.write(staging, schools, year, agreed, settings, made_by=by)
        numbers = [number for school in schools for number in school.numbers]
        return Outcome(
            plan=plan,
            defects=list(islice(staging.defects(numbers), MOST_DEFECTS)),
            defect_count=sum(staging.defect_counts(numbers).values()),
            ignored=list(reading.ignored_columns(schools)),
        )


def ends_at(uai: str, settings: Settings) -> dt.datetime | None:
    """When the school's pupils end, or ended, for want of a file of this school year; None when there is one.

    The demo's schools stay in the year of their samples.
    """
    file = finished_years.find_last_file(uai)
    if settings.server.demo or file is None or file.school_year >= current_school_year():
        return None
    return file.holds_until(settings.retention.unrenewed_days)


def _school_year(uai: str, settings: Settings) -> int:
    """The current one; the demo's schools stay in the year of their samples."""
    if not settings.server.demo:
        return current_school_year()
    last = select(func.max(Enrolment.school_year)).where(Enrolment.uai == uai)
    return db.session.scalar(last) or current_school_year()


def _put(folder: Path, number: int, file: File) -> Path:
    """The content under the name's last part, in a folder of its own: two files may have one name."""
    name, content = file
    own = folder / str(number)
    own.mkdir(mode=0o700)
    path = own / (Path(name.replace("\\", "/")).name[:100] or "fichier")
    path.write_bytes(content)
    return path


def _check_school(uai: str, files: Sequence[File], schools: Sequence[SchoolFiles]) -> None:
    """A file that names another school is another school's, whatever page it was sent on."""
    named = {found for name, _ in files if (found := reading.uai_in(Path("/") / Path(name).name))}
    told = {school.uai for school in schools} | named
    if told != {uai}:
        refusals: list[Refusal] = [FilesDisagree(uai=other, reason="another school") for other in sorted(told - {uai})]
        raise ImportRefused(refusals)
