"""The first proof of a journey: the mobile that a school knows an adult by. One mechanism, whatever the journey.

A journey's part of its flow holds `responsables` and `mobile`, then what its other steps prove.
"""

import datetime as dt
from collections.abc import Sequence

from idp import audit, clock, limits
from idp.flows import birth_dates, codes, mobile_code
from idp.flows import service as flows
from idp.flows.errors import MobileTooRecent, TooManySearches
from idp.flows.models import Flow
from idp.registry import matching
from idp.registry.matching import Child
from idp.registry.models import Responsable
from idp.registry.phones import Phone
from idp.settings import Settings, Sms

FRENCH = ("33", "262", "508", "590", "594", "596", "687", "689", "681")
"""Calling codes of France and its overseas lands."""


def count_search(address: str, settings: Settings) -> None:
    """Count one search on the network address that it came from. Raises TooManySearches."""
    key = f"registration:address:{limits.network(address)}"
    if not limits.hit(key, limit=settings.self_registration.matches_per_address_per_hour, window_seconds=3600):
        raise TooManySearches(ends_at=clock.now() + dt.timedelta(seconds=limits.seconds_left(key)))


def number_of(phone: Phone, settings: Sms) -> str:
    """The E.164 number that may get a code: a mobile of France or of a country in the settings; else empty."""
    allowed = phone.country in (*FRENCH, *settings.foreign_countries)
    return (phone.e164 or "") if phone.is_mobile and allowed else ""


def keep(flow: Flow, part: str, found: Sequence[Responsable], mobile: str, settings: Settings) -> None:
    """Begin the journey's proofs anew with these responsables, unless it is at them already.

    Raises MobileTooRecent while a number that a school changed has to wait (ATTACKS 123), Barred.
    """
    if ends_at := matching.usable_from(found, dt.timedelta(hours=settings.registry.mobile_wait_hours)):
        audit.record("registration.mobile_too_recent", flow_id=flow.id)
        raise MobileTooRecent(ends_at=ends_at)
    ids = sorted(responsable.id for responsable in found)
    birth_dates.check_bar(ids, settings.self_registration)
    before = mobile_code.state_of(flow, part)
    if before.get("responsables") != ids or before.get("mobile") != mobile:
        codes.forget(before.get("code"))
        flows.write_state(flow, part, {"responsables": ids, "mobile": mobile})


def responsables_of(flow: Flow, part: str) -> list[Responsable]:
    """The responsables that were found and that would still be: with the mobile that was typed, and a child today."""
    state = mobile_code.state_of(flow, part)
    return matching.still_found(state.get("responsables", []), state.get("mobile", ""))


def has_vanished(flow: Flow, part: str) -> bool:
    """Whether the registry was changed since they were found, so that they must be searched for again."""
    return bool(mobile_code.state_of(flow, part).get("responsables")) and not responsables_of(flow, part)


def children_of(flow: Flow, part: str) -> Sequence[Child]:
    """The children linked to those responsables, each once, the eldest first."""
    return matching.each_child_of([responsable.id for responsable in responsables_of(flow, part)])


def are_dates_confirmed(flow: Flow, part: str) -> bool:
    """Every child linked now was confirmed: a file imported half-way may have brought one more."""
    confirmed = mobile_code.state_of(flow, part).get("confirmed_children")
    return confirmed is not None and {child.pupil_id for child in children_of(flow, part)} <= set(confirmed)
