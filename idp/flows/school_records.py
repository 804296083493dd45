"""What a school changes in its records, by a file or by hand, with what follows for accounts, codes and messages."""

import datetime as dt
from collections.abc import Callable, Sequence

from sqlalchemy import select

from idp import audit, limits
from idp.accounts import service as accounts
from idp.accounts.models import MAY_LOG_IN, Account, AccountResponsable
from idp.db import db
from idp.delivery import messages
from idp.flows import credentials
from idp.flows.school_mobile import FRENCH
from idp.registry import corrections, importing, phones
from idp.registry.corrections import MobileChange
from idp.registry.elsewhere import adults_who_moved
from idp.registry.importing import Consent
from idp.registry.models import Correction
from idp.registry.plan import Plan
from idp.registry.reading import SchoolFiles
from idp.registry.staging import Staging
from idp.settings import Settings

NOTICES = "sms:mobile-notices"
HOUR = 3600


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
    """Write a batch of files into the current transaction, which the caller commits.

    Accounts follow pupils who moved; who lost a number is told. Raises ImportRefused: the caller rolls back.
    """
    changes = corrections.apply_due()
    plans = importing.write(staging, schools, school_year, consent, made_by=made_by, progress=progress)
    for plan in plans:
        changes += plan.mobiles
        accounts.follow(adults_who_moved(plan.uai, plan.newcomers))
    _tell(changes, settings)
    return plans


def correct(record_id: str, field: str, text: str, *, uai: str, made_by: str, settings: Settings) -> Correction:
    """Correct a value of this school's pupil or responsable, at once or after the delay of the settings.

    Raises RecordUnknown, CorrectionInvalid.
    """
    delay = dt.timedelta(hours=settings.registry.correction_delay_hours)
    correction = corrections.correct(record_id, field, text, uai=uai, made_by=made_by, delay=delay)
    apply_corrections(settings)
    return correction


def apply_corrections(settings: Settings) -> int:
    """Put the corrections whose time has come into force; how many numbers changed. The worker's housekeeping."""
    changes = corrections.apply_due()
    _tell(changes, settings)
    return len(changes)


def _tell(changes: Sequence[MobileChange], settings: Settings) -> None:
    """The old number by SMS, the account by mail (ATTACKS 123). Past the hourly budget an SMS leaves an hour later."""
    allowed = (*FRENCH, *settings.sms.foreign_countries)
    budget = settings.registry.most_mobile_notices_per_hour
    language = settings.site.languages[0]
    sent = limits.used(NOTICES)
    for change in changes:
        audit.record("registry.mobile_changed", responsable_id=change.responsable_id, removed=change.new is None)
        spoken = _tell_account(change) or language
        if phones.parse(change.old).country in allowed:
            message = messages.queue_sms(change.old, "school_mobile_changed", language=spoken)
            message.due_at += dt.timedelta(hours=sent // budget)
            sent += 1
    if changes:
        limits.hit(NOTICES, limit=2**31 - 1, window_seconds=HOUR, amount=max(sent - limits.used(NOTICES), 0))


def _tell_account(change: MobileChange) -> str:
    """Mail the owner of the account, if there is one; the language that they chose."""
    held = select(AccountResponsable.account_id).where(AccountResponsable.responsable_id == change.responsable_id)
    account = db.session.scalar(select(Account).where(Account.id.in_(held), Account.state.in_(MAY_LOG_IN)))
    if account is None:
        return ""
    credentials.tell_owner(account, "school_mobile_changed", language=account.language)
    return account.language
