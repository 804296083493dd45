"""What the registry refuses."""

from idp.errors import Refusal
from idp.registry.defects import Defect


class UaiInvalid(Refusal):
    """The identifier of a school has a wrong form or key letter."""

    uai: str


class SchoolUnknown(Refusal):
    """No such school: it must be created first."""

    uai: str


class WelcomeTooLong(Refusal):
    """The message under a school's name has too many characters."""

    length: int
    longest: int


class FileRefused(Refusal):
    """Nothing of the file can be imported."""

    defect: Defect

    def __init__(self, defect: Defect) -> None:
        super().__init__(defect=defect)


class FilesRefused(Refusal):
    """Some of the files cannot be imported, so none of them is."""

    defects: list[Defect]

    def __init__(self, defects: list[Defect]) -> None:
        super().__init__(defects=defects)


class SchoolUntold(Refusal):
    """Nothing says which school the file belongs to: neither the file, nor its name, nor its folder."""

    file: str


class FilesDisagree(Refusal):
    """The files do not make one picture: two of one kind, ONDE beside SIECLE, or persons before any pupil."""

    uai: str
    reason: str


class MassEnding(Refusal):
    """The import would end many pupils or links at once; it needs the school's UAI typed as a confirmation."""

    uai: str
    ended: int
    known: int
    """Pupils."""
    classes: list[str]
    """Those that would lose all their pupils."""
    adults_ended: int
    adults_known: int
    """Responsables of pupils who stay; those of them who would lose all these children."""
    links_ended: int
    links_known: int
    """Links to pupils who stay."""


class KeysRenumbered(Refusal):
    """Many identifiers of the base point to other people than before: it was changed."""

    uai: str
    what: str
    """pupils or responsables"""
    changed: int
    known: int


class RecordTaken(Refusal):
    """What the registry has once, such as an INE, was written by another import at the same moment."""

    uai: str
    files: list[str]
    constraint: str
    """What the database keeps to one: «pupils.ine», or the constraint's name."""


class ImportRefused(Refusal):
    """One or more schools of the batch need a decision first; nothing is written."""

    refusals: list[Refusal]

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(refusals=refusals)


class RecordUnknown(Refusal):
    """The school has no such pupil or responsable today."""

    record_id: str
    uai: str


class CorrectionInvalid(Refusal):
    """The value cannot be kept: `reason` is field, date, mobile or name."""

    field: str
    reason: str


class QuestionUnknown(Refusal):
    """The school has no such question."""

    question_id: str


class AnswerUnknown(Refusal):
    """Neither a candidate of the question nor «none»."""

    candidates: list[str]
