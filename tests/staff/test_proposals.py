"""What takes two administrators: who may propose, who may confirm, and what falls (ATTACKS 125, 126)."""

import datetime as dt
import threading

import pytest
from sqlalchemy import func, select

from idp.audit import AuditEntry
from idp.db import db
from idp.delivery.models import Message
from idp.staff import changes, proposals, sessions
from idp.staff.errors import AlreadyProposed, LoginTaken, NobodyToConfirm, NotReady, OwnAct, ProposalGone
from idp.staff.models import StaffAccount, StaffProposal
from tests.conftest import BOTH_DATABASES


@pytest.fixture
def three(employ):
    """Two administrators and a support agent."""
    return employ("anne"), employ("bruno"), employ("claire", "support", academie="Lille")


def story():
    lines = db.session.scalars(select(AuditEntry).where(AuditEntry.event.like("staff.%")).order_by(AuditEntry.id))
    return [(line.event.removeprefix("staff."), line.actor) for line in lines if line.event != "staff.added"]


@BOTH_DATABASES
def test_a_second_administrator_makes_an_administrator(three, settings):
    anne, bruno, claire = three
    proposal = proposals.propose("administrator", claire, settings, by=anne)
    db.session.commit()
    assert claire.role == "support"

    proposals.confirm(proposal.id, settings, by=bruno)
    db.session.commit()

    assert (claire.role, claire.academie) == ("administrator", "")
    assert proposals.waiting() == []
    assert story() == [("proposed", anne.by), ("proposal_confirmed", bruno.by), ("role_changed", bruno.by)]


@BOTH_DATABASES
@pytest.mark.parametrize("act", ["administrator", "password", "factor"])
def test_nobody_confirms_their_own_proposal(three, settings, act):
    anne, _bruno, claire = three
    proposal = proposals.propose(act, claire, settings, by=anne)

    with pytest.raises(OwnAct):
        proposals.confirm(proposal.id, settings, by=anne)

    assert (claire.role, claire.password_hash, bool(claire.totp)) == ("support", "$argon2id$", True)


def test_nobody_proposes_anything_about_themselves(three, settings):
    anne, _bruno, _claire = three

    with pytest.raises(OwnAct):
        proposals.propose("factor", anne, settings, by=anne)


def test_who_it_is_about_does_not_confirm(employ, settings):
    anne, bruno, _third = employ("anne"), employ("bruno"), employ("carl")
    proposal = proposals.propose("factor", bruno, settings, by=anne)

    with pytest.raises(OwnAct):
        proposals.confirm(proposal.id, settings, by=bruno)


def test_with_nobody_else_to_ask_nothing_is_proposed(employ, settings):
    anne, claire = employ("anne"), employ("claire", "support", academie="Lille")

    with pytest.raises(NobodyToConfirm):
        proposals.propose("administrator", claire, settings, by=anne)
    with pytest.raises(NobodyToConfirm):
        proposals.propose_administrator("mallory", "M.", "m@example.org", settings, by=anne)


def test_of_two_administrators_none_can_be_asked_about_the_other(employ, settings):
    anne, bruno = employ("anne"), employ("bruno")

    with pytest.raises(NobodyToConfirm):
        proposals.propose("password", bruno, settings, by=anne)


@BOTH_DATABASES
@pytest.mark.parametrize("fall", ["disabled", "demoted"])
def test_what_a_stolen_account_proposed_falls_with_it(employ, three, settings, fall):
    anne, bruno, claire = three
    proposal = proposals.propose("administrator", claire, settings, by=anne)
    if fall == "disabled":
        changes.disable(anne, by=bruno.by)
    else:
        changes.change_role(anne, "support", academie="Lille", by=bruno.by)
    db.session.commit()

    assert proposals.waiting() == []
    with pytest.raises(ProposalGone):
        proposals.confirm(proposal.id, settings, by=bruno)
    assert claire.role == "support"


@BOTH_DATABASES
def test_a_proposal_expires(three, settings, clock):
    anne, bruno, claire = three
    proposal = proposals.propose("administrator", claire, settings, by=anne)
    clock.advance(hours=23, minutes=59)
    assert len(proposals.waiting()) == 1
    assert proposals.sweep() == 0

    clock.advance(minutes=1)

    assert proposals.waiting() == []
    with pytest.raises(ProposalGone):
        proposals.confirm(proposal.id, settings, by=bruno)
    assert proposals.sweep() == 1
    assert story()[-1] == ("proposal_expired", None)
    assert db.session.scalar(select(func.count()).select_from(StaffProposal)) == 0


def test_the_same_is_proposed_once(three, settings):
    anne, bruno, claire = three
    proposals.propose("factor", claire, settings, by=anne)

    with pytest.raises(AlreadyProposed):
        proposals.propose("factor", claire, settings, by=bruno)


@BOTH_DATABASES
def test_two_who_confirm_at_once_do_it_once(app, employ, settings):
    with app.app_context():
        anne, _bruno, _carl = employ("anne"), employ("bruno"), employ("carl")
        proposal = proposals.propose_administrator("nouvelle", "N.", "", settings, by=anne)
        db.session.commit()
        wanted = proposal.id
    outcomes, together = [], threading.Barrier(2)

    def confirms(login):
        with app.app_context():
            own = db.session.scalars(select(StaffAccount).filter_by(login=login)).one()
            db.session.commit()
            together.wait()
            try:
                proposals.confirm(wanted, settings, by=own)
                db.session.commit()
                outcomes.append("done")
            except ProposalGone:
                outcomes.append("gone")

    both = [threading.Thread(target=confirms, args=(login,)) for login in ("bruno", "carl")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sorted(outcomes) == ["done", "gone"]


@BOTH_DATABASES
def test_an_invited_administrator_is_made_when_the_second_one_agrees(three, settings):
    anne, bruno, _claire = three
    proposal = proposals.propose_administrator("Nouvelle", "Mme N.", "n@example.org", settings, by=anne)
    db.session.commit()
    assert db.session.scalar(select(StaffAccount).filter_by(login="nouvelle")) is None

    staff, link = proposals.confirm(proposal.id, settings, by=bruno)

    assert (staff.login, staff.role, staff.password_hash) == ("nouvelle", "administrator", None)
    mail = db.session.scalars(select(Message).filter_by(recipient="n@example.org")).one()
    assert link in mail.content["text"]


def test_a_login_that_was_taken_meanwhile_leaves_the_proposal(three, employ, settings):
    anne, bruno, _claire = three
    proposal = proposals.propose_administrator("nouvelle", "Mme N.", "", settings, by=anne)
    db.session.commit()
    employ("nouvelle", "support", academie="Nice")

    with pytest.raises(LoginTaken):
        proposals.confirm(proposal.id, settings, by=bruno)
    db.session.rollback()

    assert len(proposals.waiting()) == 1


def test_a_disabled_administrator_is_not_opened_again_by_one(employ, settings):
    """An accomplice who was closed would be the second administrator that one needs."""
    anne, bruno, carl = employ("anne"), employ("bruno"), employ("carl")
    changes.disable(carl, by=anne.by)
    proposal = proposals.propose("reopen", carl, settings, by=anne)
    assert carl.disabled_at is not None

    proposals.confirm(proposal.id, settings, by=bruno)

    assert carl.disabled_at is None


@pytest.mark.parametrize("state", ["invited", "disabled", "without_factor"])
def test_only_who_is_in_use_becomes_an_administrator(three, settings, state):
    """Somebody may have kept the link of an account that was never used."""
    anne, _bruno, claire = three
    if state == "invited":
        claire.password_hash = None
    elif state == "disabled":
        changes.disable(claire, by=anne.by)
    else:
        claire.totp = None
    db.session.commit()

    with pytest.raises(NotReady):
        proposals.propose("administrator", claire, settings, by=anne)


def test_what_became_impossible_meanwhile_is_not_done(three, settings):
    anne, bruno, claire = three
    proposal = proposals.propose("administrator", claire, settings, by=anne)
    changes.disable(claire, by=bruno.by)

    with pytest.raises(NotReady):
        proposals.confirm(proposal.id, settings, by=bruno)
    assert claire.role == "support"


@BOTH_DATABASES
@pytest.mark.parametrize("act", ["administrator", "password", "factor"])
def test_sessions_end_with_the_act_and_the_colleague_is_told_each_step(three, settings, act, clock):
    anne, bruno, claire = three
    sessions.begin(claire, "open")
    proposal = proposals.propose(act, claire, settings, by=anne)
    db.session.commit()
    assert len(sessions.live(claire.id, settings.staff)) == 1

    proposals.confirm(proposal.id, settings, by=bruno)
    db.session.commit()

    assert sessions.live(claire.id, settings.staff) == []
    mails = [mail.content for mail in db.session.scalars(select(Message).order_by(Message.id))]
    assert {mail.recipient for mail in db.session.scalars(select(Message))} == {"claire@example.org"}
    assert "Un administrateur demande" in mails[0]["text"]
    assert "/gestion/invitation/" not in mails[0]["text"]
    assert ("/gestion/invitation/" in mails[1]["text"]) == (act != "administrator")


def test_a_refused_proposal_is_gone_and_told(three, settings):
    anne, bruno, claire = three
    proposal = proposals.propose("password", claire, settings, by=anne)

    proposals.refuse(proposal.id, by=claire.by)
    db.session.commit()

    with pytest.raises(ProposalGone):
        proposals.confirm(proposal.id, settings, by=bruno)
    assert story()[-1] == ("proposal_refused", claire.by)
    assert "refusée" in list(db.session.scalars(select(Message).order_by(Message.id)))[-1].content["subject"]


@BOTH_DATABASES
def test_a_link_goes_nowhere_else_than_the_second_administrator_saw(three, settings):
    """Who proposed a reset changes the colleague's address while the other one reads."""
    anne, bruno, claire = three
    proposal = proposals.propose("password", claire, settings, by=anne)

    changes.change_email(claire, "anne@elsewhere.example", by=anne.by)

    with pytest.raises(ProposalGone):
        proposals.confirm(proposal.id, settings, by=bruno)
    assert claire.password_hash
    assert story()[-1] == ("proposal_fallen", anne.by)


def test_a_reset_password_opens_nothing_from_then_on(three, settings):
    anne, bruno, claire = three

    proposals.confirm(proposals.propose("password", claire, settings, by=anne).id, settings, by=bruno)

    assert claire.password_hash is None
    assert claire.totp


def test_the_audit_names_nobody(three, settings):
    anne, _bruno, _claire = three
    proposals.propose_administrator("mallory", "Mme Secret", "secret@example.org", settings, by=anne)

    told = str([line.ids for line in db.session.scalars(select(AuditEntry))])
    assert "Secret" not in told
    assert "secret@" not in told


def test_a_proposal_lives_for_the_time_that_the_settings_give(three, settings):
    anne, _bruno, claire = three
    proposal = proposals.propose("factor", claire, settings, by=anne)

    assert proposal.ends_at - proposal.created_at == dt.timedelta(hours=settings.staff.consent_hours)
