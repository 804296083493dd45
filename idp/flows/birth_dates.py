"""The children's birth dates as a proof: all of them in one submission; no hint tells which one is wrong.

Wrong submissions are counted on the responsable, over all journeys and browsers (ATTACKS 85).
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from idp import audit, clock, limits
from idp.flows.errors import Barred, NoChild, WrongDates
from idp.registry.matching import Child
from idp.settings import SelfRegistration


def check_bar(responsable_ids: Sequence[str], settings: SelfRegistration) -> None:
    """Raises Barred while one of these responsables is."""
    barred = [key for key in map(_key, responsable_ids) if limits.used(key) >= settings.date_tries]
    if barred:
        raise Barred(ends_at=_in_seconds(max(map(limits.seconds_left, barred))))


def check(
    responsable_ids: Sequence[str],
    children: Sequence[Child],
    dates: Mapping[str, dt.date | None],
    settings: SelfRegistration,
    *,
    flow_id: str,
) -> None:
    """Accept one date for each child, by the pupil's id. Raises NoChild: without one nothing can be proved.

    Raises WrongDates (tries_left), Barred at the last wrong submission and after it.
    """
    if not children:
        raise NoChild
    _hold(responsable_ids, settings)
    check_bar(responsable_ids, settings)
    if all(dates.get(child.pupil_id) == child.birth_on for child in children):
        return
    used = 0
    for key in map(_key, responsable_ids):
        limits.hit(key, limit=settings.date_tries, window_seconds=settings.bar_hours * 3600)
        used = max(used, limits.used(key))
    if used < settings.date_tries:
        for responsable_id in responsable_ids:
            audit.record("registration.wrong_dates", flow_id=flow_id, responsable_id=responsable_id)
        raise WrongDates(tries_left=settings.date_tries - used)
    _bar(responsable_ids, settings, flow_id)


def _hold(responsable_ids: Sequence[str], settings: SelfRegistration) -> None:
    """Hold the counters until the transaction ends: of guesses made at once each is told what the others used up.

    Always in one order, so that no two wait for each other.
    """
    for key in sorted(map(_key, responsable_ids)):
        limits.hit(key, limit=settings.date_tries, window_seconds=settings.bar_hours * 3600, amount=0)


def _bar(responsable_ids: Sequence[str], settings: SelfRegistration, flow_id: str) -> None:
    """The bar lasts its whole time from now on."""
    seconds = settings.bar_hours * 3600
    for responsable_id in responsable_ids:
        key = _key(responsable_id)
        limits.clear(key)
        limits.hit(key, limit=settings.date_tries, window_seconds=seconds, amount=settings.date_tries)
        audit.record("registration.barred", flow_id=flow_id, responsable_id=responsable_id)
    raise Barred(ends_at=_in_seconds(seconds))


def _key(responsable_id: str) -> str:
    return f"registration:dates:{responsable_id}"


def _in_seconds(seconds: int) -> dt.datetime:
    return clock.now() + dt.timedelta(seconds=seconds)
