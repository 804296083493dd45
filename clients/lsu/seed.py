"""Make the reports of a TOML file as PDFs and put them in the store. Run again, it replaces them.

`python -m clients.lsu.seed --config FILE.toml --reports REPORTS.toml`
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import click
import msgspec
from msgspec import Meta

from clients.config import ConfigurationError, Section
from clients.lsu.app import load_lsu
from clients.lsu.document import Absences, ReportData, Subject, make_pdf
from clients.lsu.store import Document, Pupil, ReportStore
from clients.serve import load_or_exit


class SchoolEntry(Section, frozen=True, kw_only=True):
    """A school, named once."""

    uai: str
    name: str
    address: str = ""


class FieldEntry(Section, frozen=True, kw_only=True):
    """What a level works on in one field."""

    level: str
    name: str
    programme: str
    teacher: str = ""


class ReportEntry(Section, frozen=True, kw_only=True):
    """One period of one pupil. `positionnements` and `appreciations` follow the order of the level's fields."""

    period: str
    issued_on: dt.date
    positionnements: list[Annotated[int, Meta(ge=1, le=4)]]
    appreciations: list[str]
    appreciation: str
    absences: Absences = Absences()


class PupilEntry(Section, frozen=True, kw_only=True):
    """A pupil as the school knows them this year."""

    uai: str
    family_name: str
    given_name: str
    birth_on: dt.date
    level: str
    class_name: str
    teacher: str
    reports: list[ReportEntry]


class ReportsFile(Section, frozen=True, kw_only=True):
    """The whole file."""

    school_year: str
    schools: list[SchoolEntry]
    fields: list[FieldEntry]
    pupils: list[PupilEntry]


def load_reports(path: Path) -> ReportsFile:
    """Read and check the file. Raises ConfigurationError with the wrong key or the wrong pupil."""
    try:
        reports = msgspec.toml.decode(path.read_bytes(), type=ReportsFile)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    known = {school.uai for school in reports.schools}
    for pupil in reports.pupils:
        name = f"{pupil.family_name} {pupil.given_name}"
        if pupil.uai not in known:
            raise ConfigurationError(f"{path}: {name}: school {pupil.uai} is not in [[schools]]")
        expected = sum(field.level == pupil.level for field in reports.fields)
        for report in pupil.reports:
            if not len(report.positionnements) == len(report.appreciations) == expected:
                raise ConfigurationError(
                    f"{path}: {name}, {report.period}: {expected} positionnements and appreciations are expected"
                )
    return reports


def report_data(file: ReportsFile, school: SchoolEntry, pupil: PupilEntry, report: ReportEntry) -> ReportData:
    """All that the document of this period says."""
    fields = [field for field in file.fields if field.level == pupil.level]
    return ReportData(
        title=f"Bilan périodique {report.period} {file.school_year} ({pupil.level}) - {school.name}",
        school_name=school.name,
        school_address=school.address,
        uai=school.uai,
        school_year=file.school_year,
        period=f"Bilan périodique, {report.period}",
        pupil=f"{pupil.family_name} {pupil.given_name}",
        born_on=pupil.birth_on.strftime("%d/%m/%Y"),
        class_name=pupil.class_name,
        teacher=pupil.teacher,
        subjects=tuple(
            Subject(
                name=field.name,
                teacher=field.teacher,
                programme=field.programme,
                positionnement=positionnement,
                appreciation=appreciation,
            )
            for field, positionnement, appreciation in zip(
                fields, report.positionnements, report.appreciations, strict=True
            )
        ),
        absences=report.absences,
        appreciation=report.appreciation,
        issued_on=report.issued_on.strftime("%d/%m/%Y"),
    )


def seed(store: ReportStore, file: ReportsFile) -> Iterator[str]:
    """Make and keep each report; gives the titles as they are done."""
    schools = {school.uai: school for school in file.schools}
    for pupil in file.pupils:
        owner = Pupil(pupil.uai, pupil.family_name, pupil.given_name, pupil.birth_on.isoformat())
        for report in pupil.reports:
            data = report_data(file, schools[pupil.uai], pupil, report)
            name = f"{data.title} - {data.pupil}.pdf".replace("/", "-")
            store.add(owner, data.title, report.issued_on.isoformat(), Document(name, make_pdf(data)))
            yield f"{data.pupil}: {data.title}"


@click.command()
@click.option("--config", required=True, type=click.Path(path_type=Path), help="The viewer's TOML file.")
@click.option("--reports", required=True, type=click.Path(path_type=Path), help="The reports to make.")
def main(config: Path, reports: Path) -> None:
    """Make the reports as tagged PDFs and put them in the viewer's store."""
    settings, file = load_or_exit(config, load_lsu), load_or_exit(reports, load_reports)
    count = 0
    for title in seed(ReportStore(settings.database), file):
        click.echo(title)
        count += 1
    click.echo(f"{count} reports in {settings.database}")


if __name__ == "__main__":
    main()
