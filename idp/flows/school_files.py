"""Importing school files, with all that follows for accounts, open flows and messages."""

from collections.abc import Callable, Sequence

from idp.registry import importing
from idp.registry.importing import Consent
from idp.registry.plan import Plan
from idp.registry.reading import SchoolFiles
from idp.registry.staging import Staging
from idp.settings import Settings


def write(
    staging: Staging,
    schools: Sequence[SchoolFiles],
    school_year: int,
    consent: Consent,
    settings: Settings,
    *,
    made_by: str = "",
    progress: Callable[[int], None] = lambda count: None,
) -> list[Plan]:
    """Write the batch into the current transaction, which the caller commits. Raises ImportRefused."""
    return importing.write(staging, schools, school_year, consent, made_by=made_by, progress=progress)
