"""The form of the children's birth dates, as every journey that asks for them reads it."""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, request
from flask_babel import gettext as _

from idp.db import db
from idp.errors import Refusal
from idp.registry import cells
from idp.registry.matching import Child
from idp.web import security

PARTS = ("jour", "mois", "annee")


@dataclass(frozen=True)
class TypedDates:
    """What was typed: `values` to show again, the dates `by_pupil`, and `errors` for the summary."""

    values: dict[str, str]
    by_pupil: dict[str, dt.date | None]
    errors: list[tuple[str, str, str]]


def register(app: Flask) -> None:
    """Give the templates the fields' names."""
    app.jinja_env.filters["date_field"] = field_of


def refused(
    children: Sequence[Child], confirm: Callable[..., object], page: Callable[..., str]
) -> tuple[str, int] | None:
    """The page that says what is wrong with the dates that were sent; None when they are right.

    `confirm` takes the dates and their settings, `page` draws the step: the refusal, what was `typed`, its `errors`.
    """
    typed = _read(children)
    if typed.errors:
        return page(None, typed=typed.values, errors=typed.errors), 422
    try:
        confirm(typed.by_pupil, security.settings().self_registration)
    except Refusal as refusal:
        db.session.commit()  # The try is counted.
        return page(refusal, typed=typed.values), 422
    return None


def field_of(child: Child) -> str:
    """The beginning of the child's field names: its own, since a page that is open outlives the children's order.

    A digest tells nothing of the pupil's id, which is random enough.
    """
    return f"enfant-{hashlib.sha256(child.pupil_id.encode()).hexdigest()[:12]}"


def _read(children: Sequence[Child]) -> TypedDates:
    """The request's form: fields `enfant-…_jour`, `_mois` and `_annee` for each child."""
    fields = [field_of(child) for child in children]
    typed = {f"{field}_{part}": request.form.get(f"{field}_{part}", "")[:10] for field in fields for part in PARTS}
    dates = {field: _date(typed, field, child) for field, child in zip(fields, children, strict=True)}
    words = _("Écrivez une date complète, par exemple : 9 11 2018")
    errors = [(f"{field}-jour", field, words) for field in fields if not dates[field]]
    by_pupil = {child.pupil_id: dates[field] for child, field in zip(children, fields, strict=True)}
    return TypedDates(typed, by_pupil, errors)


def _date(typed: dict[str, str], field: str, child: Child) -> dt.date | None:
    """A day on which a pupil of the child's school year may be born; what is a slip for certain costs no try."""
    date = cells.read_day("/".join(typed[f"{field}_{part}"].strip() for part in PARTS))
    return date if date and cells.is_pupil_age(date, child.school_year) else None
