"""A report as a tagged PDF (PDF/UA-1). The data enter the template as JSON: no name or remark is ever markup."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typst
from msgspec import Meta

from clients.config import Section

TEMPLATE = Path(__file__).parent / "reports" / "bilan.typ"


class Subject(Section, frozen=True, kw_only=True):
    """A field of teaching: what was worked on, how the pupil stands, what the teacher says."""

    name: str
    teacher: str = ""
    programme: str
    """«Éléments du programme travaillés durant la période»."""
    positionnement: Annotated[int, Meta(ge=1, le=4)]
    """1 non atteints, 2 partiellement atteints, 3 atteints, 4 dépassés."""
    appreciation: str


class Absences(Section, frozen=True, kw_only=True):
    """School life: half-days and late arrivals."""

    justified_half_days: int = 0
    unjustified_half_days: int = 0
    late_arrivals: int = 0


class ReportData(Section, frozen=True, kw_only=True):
    """Everything that the document says."""

    title: str
    school_name: str
    school_address: str = ""
    uai: str
    school_year: str
    period: str
    pupil: str
    born_on: str
    class_name: str
    teacher: str
    subjects: tuple[Subject, ...]
    absences: Absences
    appreciation: str
    """«Bilan de l'acquisition des connaissances et compétences»."""
    issued_on: str


def make_pdf(data: ReportData) -> bytes:
    """The report in PDF/UA-1, with the fonts that Typst carries: the same file on every machine."""
    inputs: dict[str, Any] = {"data": msgspec.json.encode(data).decode()}
    pdf = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards=["ua-1"],
    )
    if not isinstance(pdf, bytes):
        raise TypeError("Typst gave no single document")
    return pdf
