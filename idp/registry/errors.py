"""What the registry refuses."""

from idp.errors import Refusal
from idp.registry.defects import Defect


class UaiInvalid(Refusal):
    """The identifier of a school has a wrong form or key letter."""

    uai: str


class SchoolUnknown(Refusal):
    """No such school: it must be created first."""

    uai: str


class FileRefused(Refusal):
    """Nothing of the file can be imported."""

    defect: Defect

    def __init__(self, defect: Defect) -> None:
        super().__init__(defect=defect)


class FilesDisagree(Refusal):
    """The files do not make one picture: two of one kind, ONDE beside SIECLE, or persons before any pupil."""

    reason: str


class MassEnding(Refusal):
    """The import would end many pupils at once; it needs the school's UAI typed as a confirmation."""

    uai: str
    ended: int
    known: int
    classes: list[str]


class KeysRenumbered(Refusal):
    """Many ELEVE_ID point to other pupils than before: the school's base was changed."""

    changed: int
    known: int
