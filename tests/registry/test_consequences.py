"""What a changed file means for parents: their number, their account, their children."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp.accounts import service as accounts
from idp.accounts.models import Account, AccountResponsable
from idp.audit import AuditEntry
from idp.db import db
from idp.delivery.models import Message
from idp.flows import school_records
from idp.registry.importing import Consent
from idp.registry.matching import children_of, find_responsables, usable_from
from idp.registry.models import Enrolment, Import, ImportRows, Link, Pupil, Responsable
from idp.settings import Settings
from tests.conftest import BOTH_DATABASES, Clock

ECOLE, COLLEGE, OTHER = "0599901S", "0599902T", "0599904V"
OLD, NEW = "+33639981234", "+33639981299"
PUPILS = "Nom élève;Prénom élève;Date naissance;INE;Libellé classe\n"
PARENTS = (
    "Civilité Responsable;Nom responsable;Prénom responsable;Téléphone portable;Nom de famille enfant;Prénom enfant\n"
)
ALEXIS = "DURAND;Alexis;14/03/2017;{ine};CE2\n"
ENDING = Consent(mass_ending=frozenset([ECOLE, COLLEGE]))
Write = Callable[..., None]
Batch = Callable[..., Any]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a school's two extractions into a folder with its UAI; `left` is nothing but one other pupil."""

    def run(
        uai: str, *, ine: str = "099001000AA", mobile: str = "0639981234", name: str = "DURANT", pupil: str = ALEXIS
    ) -> None:
        folder = tmp_path / uai
        folder.mkdir(exist_ok=True)
        other = "AUTRE;Zoé;01/02/2017;;CP\n"
        (folder / "eleves.csv").write_text(PUPILS + pupil.format(ine=ine) + other, "utf-8")
        lines = f"MME;{name};Valéry;{mobile};DURAND;Alexis\n" if pupil else ""
        (folder / "parents.csv").write_text(f"{PARENTS}{lines}M.;AUTRE;Paul;0639980001;AUTRE;Zoé\n", "utf-8")

    return run


@pytest.fixture
def account(write: Write, import_batch: Batch, tmp_path: Path) -> Account:
    """Valéry's account, made when only the école knew her."""
    write(ECOLE)
    import_batch([tmp_path / ECOLE])
    made = accounts.create(find_responsables("Durant", "Valéry", OLD), password_hash=None, mobile=OLD)
    made.email, made.email_verified_at = "valery@example.org", made.created_at
    db.session.commit()
    return made


def messages(channel: str) -> list[str]:
    return list(db.session.scalars(select(Message.recipient).filter_by(channel=channel)))


def held(account: Account) -> list[str]:
    return [r.responsable_id for r in db.session.scalars(select(AccountResponsable).filter_by(account_id=account.id))]


@BOTH_DATABASES
def test_a_changed_mobile_is_told_to_the_old_number_and_to_the_account(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path
) -> None:
    """ATTACKS 123."""
    write(ECOLE, mobile="0639981299")

    import_batch([tmp_path / ECOLE])

    assert messages("sms") == [OLD]
    assert messages("mail") == ["valery@example.org"]
    [entry] = db.session.scalars(select(AuditEntry).filter_by(event="registry.mobile_changed"))
    assert NEW not in str(entry.ids)
    assert "33639981234" not in str(entry.ids)


def test_nobody_registers_with_a_changed_mobile_before_the_delay(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path, clock: Clock
) -> None:
    """ATTACKS 123: a file that puts another number in place gives its owner nothing for two days."""
    write(ECOLE, mobile="0639981299")
    import_batch([tmp_path / ECOLE])
    found = find_responsables("Durant", "Valéry", NEW)

    assert usable_from(found, dt.timedelta(hours=48)) == clock() + dt.timedelta(hours=48)
    clock.advance(hours=48)
    assert usable_from(found, dt.timedelta(hours=48)) is None


def test_a_number_taken_away_and_then_replaced_waits_too(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path, clock: Clock
) -> None:
    """ATTACKS 123, in two steps."""
    write(ECOLE, mobile="")
    import_batch([tmp_path / ECOLE])
    clock.advance(hours=100)
    write(ECOLE, mobile="0639981299")
    import_batch([tmp_path / ECOLE])

    assert usable_from(find_responsables("Durant", "Valéry", NEW), dt.timedelta(hours=48)) is not None


def test_a_first_mobile_is_usable_at_once(write: Write, import_batch: Batch, tmp_path: Path) -> None:
    write(ECOLE, mobile="")
    import_batch([tmp_path / ECOLE])
    write(ECOLE)
    import_batch([tmp_path / ECOLE])

    assert usable_from(find_responsables("Durant", "Valéry", OLD), dt.timedelta(hours=48)) is None
    assert messages("sms") == []


def test_notices_beyond_the_budget_leave_an_hour_later(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path, settings: Settings, clock: Clock
) -> None:
    budget = settings.registry.most_mobile_notices_per_hour
    school_records.limits.hit(school_records.NOTICES, limit=budget, window_seconds=3600, amount=budget)
    write(ECOLE, mobile="0639981299")
    import_batch([tmp_path / ECOLE])

    [due_at] = db.session.scalars(select(Message.due_at).filter_by(channel="sms"))
    assert due_at == clock() + dt.timedelta(hours=1)


@BOTH_DATABASES
def test_a_pupil_who_changes_school_takes_the_account_along(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path
) -> None:
    write(ECOLE, pupil="")
    write(COLLEGE)

    import_batch([tmp_path], ENDING)

    children = children_of(held(account))
    assert [(child.first_name, child.uai) for child in children] == [("Alexis", COLLEGE)]
    assert len(db.session.scalars(select(Pupil).filter_by(first_name="Alexis")).all()) == 1


@pytest.mark.parametrize("order", ["together", "leaves first", "arrives first"])
def test_a_pupil_without_ine_moves_when_a_responsable_matches(
    order: str, write: Write, import_batch: Batch, tmp_path: Path
) -> None:
    write(ECOLE, ine="")
    import_batch([tmp_path / ECOLE])
    write(ECOLE, pupil="")
    write(COLLEGE, ine="")
    batches = {
        "together": [[tmp_path]],
        "leaves first": [[tmp_path / ECOLE], [tmp_path / COLLEGE]],
        "arrives first": [[tmp_path / COLLEGE], [tmp_path / ECOLE]],
    }[order]

    for paths in batches:
        import_batch(paths, ENDING)

    alexis = db.session.scalars(select(Pupil).filter_by(first_name="Alexis")).all()
    assert len(alexis) == (2 if order == "arrives first" else 1)


def test_a_pupil_without_ine_and_without_a_known_responsable_is_new(
    write: Write, import_batch: Batch, tmp_path: Path
) -> None:
    write(ECOLE, ine="")
    import_batch([tmp_path / ECOLE])
    write(ECOLE, pupil="")
    write(COLLEGE, ine="", name="LEGRAND")

    import_batch([tmp_path], ENDING)

    assert len(db.session.scalars(select(Pupil).filter_by(first_name="Alexis")).all()) == 2


def test_a_file_cannot_change_the_pupils_of_another_school(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path
) -> None:
    """ATTACKS 123: the same INE under another birth date, while the first school still has the pupil."""
    write(COLLEGE, pupil="DURAND;Alexis;01/01/2016;{ine};6A\n", mobile="0639981299")

    import_batch([tmp_path / COLLEGE])

    [alexis] = db.session.scalars(select(Pupil).filter_by(ine="099001000AA"))
    assert alexis.birth_on == dt.date(2017, 3, 14)
    ours = db.session.scalars(select(Responsable).filter_by(uai=ECOLE, first_name="Valéry")).one()
    assert ours.mobile == OLD


def test_an_ine_of_somebody_else_is_refused(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path
) -> None:
    """ATTACKS 123: neither the names nor the birth date agree, so the other school's pupil is not taken."""
    write(COLLEGE, pupil="INTRUS;Alexis;01/01/2016;{ine};6A\n")

    [plan] = import_batch([tmp_path / COLLEGE])

    assert plan.pupils.added == ["AUTRE Zoé"]
    assert db.session.scalars(select(Enrolment).filter_by(uai=COLLEGE)).one().pupil.first_name == "Zoé"


def test_a_link_that_the_school_cut_hides_the_child_at_once(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path
) -> None:
    """ATTACKS 105."""
    folder = tmp_path / ECOLE
    (folder / "parents.csv").write_text(f"{PARENTS}M.;AUTRE;Paul;0639980001;AUTRE;Zoé\n", "utf-8")

    import_batch([folder])

    assert children_of(held(account)) == []
    assert db.session.get_one(Account, account.id).state == "active"


def test_a_family_that_returns_finds_its_account_as_it_was(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path, clock: Clock
) -> None:
    write(ECOLE, pupil="")
    import_batch([tmp_path / ECOLE], ENDING)
    clock.advance(days=200)
    write(ECOLE)

    import_batch([tmp_path / ECOLE], ENDING)

    assert [child.first_name for child in children_of(held(account))] == ["Alexis"]


@BOTH_DATABASES
def test_the_plan_is_kept_as_ids_and_counts(account: Account) -> None:
    kept = db.session.scalars(select(Import)).one()
    pieces = {(piece.what, piece.act): piece.ids for piece in db.session.scalars(select(ImportRows))}

    assert kept.counts["pupils_added"] == 2
    assert len(kept.digests) == 2
    pupils = {id.hex() for id in (pieces["pupils", "added"][:16], pieces["pupils", "added"][16:])}
    assert pupils == set(db.session.scalars(select(Pupil.id)))
    assert len(pieces["links", "added"]) == 32 * len(db.session.scalars(select(Link)).all())


def test_the_next_school_year_moves_pupils_up_and_keeps_accounts(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path
) -> None:
    write(ECOLE, pupil="DURAND;Alexis;14/03/2017;{ine};CM1\n")

    import_batch([tmp_path / ECOLE], ENDING, year=2026)

    [child] = children_of(held(account))
    assert (child.class_label, child.school_year) == ("CM1", 2026)


def test_a_bad_line_ends_nothing_for_its_pupil(
    account: Account, write: Write, import_batch: Batch, tmp_path: Path
) -> None:
    write(ECOLE, pupil="DURAND;Alexis;31/02/2017;{ine};CE2\n")

    [plan] = import_batch([tmp_path / ECOLE])

    assert plan.is_empty
    assert [child.first_name for child in children_of(held(account))] == ["Alexis"]
