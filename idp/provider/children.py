"""The children of an account, as the registry has them now, read in one statement (scope `eleves`)."""

from typing import Any

import orjson
from sqlalchemy import Select, String, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from idp.accounts.models import AccountResponsable
from idp.oidc import subject
from idp.registry.models import Enrolment, Link, Pupil, Responsable, School


class json_rows(GenericFunction[str]):  # noqa: N801 - SQL functions have lower-case names
    """All rows as one JSON array of arrays, so that a read gives one row on every engine."""

    type = String()
    inherit_cache = True


@compiles(json_rows, "sqlite")
def _sqlite(element: json_rows, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(json_rows, "postgresql")
def _postgresql(element: json_rows, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(json_agg(json_build_array({compiler.process(element.clauses, **options)})) AS TEXT)"


def children_of_account(account_id: Any) -> Select[Any]:
    """Current enrolments of the pupils whose legal representative (level 1) the account holds."""
    columns = (
        Pupil.id,
        Pupil.first_name,
        Pupil.family_name,
        Pupil.usage_name,
        Pupil.birth_on,
        School.uai,
        School.name,
        School.degree,
        Enrolment.class_label,
        Enrolment.level,
        Enrolment.school_year,
        School.welcome_message,
    )
    return (
        select(json_rows(*columns))
        .select_from(AccountResponsable)
        .join(Responsable, Responsable.id == AccountResponsable.responsable_id)
        .join(Link, Link.responsable_id == Responsable.id)
        .join(Pupil, Pupil.id == Link.pupil_id)
        .join(Enrolment, (Enrolment.pupil_id == Pupil.id) & (Enrolment.uai == Responsable.uai))
        .join(School, School.uai == Enrolment.uai)
        .where(
            AccountResponsable.account_id == account_id,
            Responsable.ended_at.is_(None),
            Link.ended_at.is_(None),
            Link.legal_level == literal_column("1"),
            Enrolment.ended_at.is_(None),
        )
    )


def addresses_of_account(account_id: Any) -> Select[Any]:
    """Addresses that the schools have for the person."""
    return (
        select(json_rows(Responsable.id, Responsable.address))
        .select_from(AccountResponsable)
        .join(Responsable, Responsable.id == AccountResponsable.responsable_id)
        .where(AccountResponsable.account_id == account_id, Responsable.ended_at.is_(None))
    )


def as_claim(rows_json: str | None, *, key: bytes, sector: str, birth_dates: bool) -> list[dict[str, object]]:
    """The claim `eleves`: each child once a school, oldest first, named by an identifier of that sector alone."""
    rows = orjson.loads(rows_json) if rows_json else []
    unique = {tuple(row) for row in rows}
    claim: list[dict[str, object]] = []
    for row in sorted(unique, key=lambda row: (row[4], row[0], row[5])):
        pupil_id, first_name, family_name, usage_name, birth_on, uai, school, degree, label, level, year, welcome = row
        child: dict[str, object] = {
            "sub": subject.child(key, sector, pupil_id),
            "given_name": first_name,
            "family_name": family_name,
            "usage_name": usage_name,
            "class": label,
            "level": level,
            "school_year": year,
            "school": {"uai": uai, "name": school, "degree": str(degree), "welcome_message": welcome},
        }
        if birth_dates:
            child["birthdate"] = birth_on
        claim.append(child)
    return claim
