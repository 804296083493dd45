"""How long things are kept (docs/data-protection.md)."""

from typing import Annotated

from msgspec import Meta

from idp.settings.section import Positive, Section


class Retention(Section, frozen=True, kw_only=True):
    """How long things are kept; `idp worker` and `idp housekeeping` delete them then (docs/data-protection.md)."""

    every_minutes: Positive = 60
    """How often the workers clean up; one of them does it."""
    batch: Annotated[int, Meta(ge=1, le=10_000)] = 500
    """Rows deleted in one transaction."""
    ended_hours: Positive = 24
    """How long journeys, mailed links, sessions and counted failures stay after their end."""
    grant_days: Positive = 7
    """How long what a service was given stays after its end (codes, refresh token families)."""
    message_days: Positive = 30
    """How long a message that left, expired or could not leave is remembered; its text goes when it leaves."""
    letter_days: Positive = 365
    """How long it is remembered, after a letter's end, that it was printed and used."""
    audit_days: Annotated[int, Meta(ge=180)] = 365
    """How long the audit log is kept; the chain stays verifiable."""
    left_days: Annotated[int, Meta(ge=90)] = 365
    """An account without any child in a school for that long is erased."""
    warning_days: Annotated[int, Meta(ge=7)] = 30
    """Its owner is warned by mail that long before; without a mail that long ago, nothing is erased."""
    school_record_days: Annotated[int, Meta(ge=90)] = 365
    """Pupils and responsables that no school's file has held for that long are deleted."""
    unrenewed_days: Annotated[int, Meta(ge=60)] = 180
    """A school without a new file that long after the end of its last file's school year holds its pupils no more."""
    import_days: Positive = 365
    """How long it is kept which records an import touched, and a correction that the school's file has overtaken."""
    walk_days: Positive = 7
    """How often all schools, accounts and school records are walked through, to notice who left."""
