"""Whoever has the whole database still cannot change the audit log unseen (ATTACKS 130)."""

import datetime as dt
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from idp import clock as time
from idp.audit import head
from idp.audit.chain import GENESIS, as_values, digest
from idp.audit.head import Head
from idp.audit.models import Lease
from idp.audit.questions import Filter, sealed
from idp.audit.sealing import last_sealed, unsealed
from idp.audit.signing import AuditKey
from idp.db import db
from idp.errors import ConfigurationError
from tests.audit.conftest import Intruder, Log
from tests.conftest import BOTH_DATABASES

pytestmark = BOTH_DATABASES


def test_what_nobody_touched_is_verified(log: Log) -> None:
    assert log.verify() == "verified 1 to 5, 0 wait"


def test_a_changed_line_is_told(log: Log, intruder: Intruder) -> None:
    intruder.runs("UPDATE audit_entries SET event = 'login.succeeded' WHERE seq = 1")

    assert re.match("line 1 .* is not what was sealed", log.verify())


def test_every_column_is_under_the_seal(log: Log, intruder: Intruder) -> None:
    columns = {"at": "0", "actor": "'x'", "uai": "'x'", "account_id": "'x'", "client_id": "'x'", "ids": "'[]'"}
    for column, value in columns.items():
        intruder.runs(
            "CREATE TABLE aside AS SELECT * FROM audit_entries", f"UPDATE audit_entries SET {column} = {value}"
        )

        assert "line 1" in log.verify(), column

        intruder.runs("DELETE FROM audit_entries", "INSERT INTO audit_entries SELECT * FROM aside", "DROP TABLE aside")
    assert log.verify().startswith("verified")


def test_a_line_deleted_in_the_middle_is_told(log: Log, intruder: Intruder) -> None:
    intruder.runs("DELETE FROM audit_entries WHERE seq = 3")

    assert "lines 3 to 3 are missing" in log.verify()


def test_lines_deleted_at_the_beginning_are_told(log: Log, intruder: Intruder) -> None:
    intruder.runs("DELETE FROM audit_entries WHERE seq <= 3", "DELETE FROM audit_seals WHERE last_seq <= 3")

    assert "lines 1 to 3 are missing" in log.verify()


def test_lines_deleted_at_the_end_are_told_by_their_seal(log: Log, intruder: Intruder) -> None:
    intruder.runs("DELETE FROM audit_entries WHERE seq = 5")

    assert "lines 5 to 5 are missing: a seal covers them" in log.verify()


def test_a_log_cut_with_its_seals_is_told_by_the_head_outside_the_database(log: Log, intruder: Intruder) -> None:
    intruder.runs("DELETE FROM audit_entries WHERE seq > 3", "DELETE FROM audit_seals WHERE last_seq > 3")

    assert "lines 4 to 5 are missing: the log was cut at its end" in log.verify()


def test_a_cut_log_that_grew_again_is_still_told(log: Log, intruder: Intruder) -> None:
    intruder.runs("DELETE FROM audit_entries WHERE seq > 3", "DELETE FROM audit_seals WHERE last_seq > 3")
    log.tells("login.failed", "login.failed", "login.failed")
    log.seal()

    assert "line 5" in log.verify()
    assert "is not the one that was the head" in log.verify()


def test_a_head_noted_on_paper_tells_a_cut_when_the_file_was_deleted_too(log: Log, intruder: Intruder) -> None:
    noted = last_sealed()
    intruder.runs("DELETE FROM audit_entries WHERE seq > 3", "DELETE FROM audit_seals WHERE last_seq > 3")
    head.forget(log.folder)

    assert log.verify().startswith("verified")
    assert "cut at its end" in log.verify(noted)


def test_a_head_file_written_without_the_key_is_told(log: Log) -> None:
    (log.folder / head.HEAD_FILE).write_text(f'{{"head": "3.{"00" * 32}", "signature": "{"00" * 64}"}}')

    assert "forged" in log.verify()


def test_an_inserted_line_is_told(log: Log, intruder: Intruder) -> None:
    intruder.runs(
        "INSERT INTO audit_entries (id, at, event, ids, seq, digest) "
        f"SELECT '{'f' * 32}', at, 'login.succeeded', ids, 6, digest FROM audit_entries WHERE seq = 5"
    )

    assert "line 6" in log.verify()


def test_an_inserted_line_with_the_right_digest_has_no_seal(log: Log, intruder: Intruder) -> None:
    last = list(sealed(Filter()))[-1]
    values = {**as_values(last), "id": "f" * 32}
    found = digest(last.digest or GENESIS, 6, values).hex()
    blob = f"x'{found}'" if db.engine.dialect.name == "sqlite" else f"'\\x{found}'"
    columns = "at, event, account_id, client_id, actor, uai, ids"
    intruder.runs(
        f"INSERT INTO audit_entries (id, {columns}, seq, digest) "
        f"SELECT '{'f' * 32}', {columns}, 6, {blob} FROM audit_entries WHERE seq = 5"
    )

    assert "lines 6 to 6 have no seal" in log.verify()


def test_two_lines_that_changed_places_are_told(log: Log, intruder: Intruder) -> None:
    intruder.runs(
        "UPDATE audit_entries SET seq = 99 WHERE seq = 2",
        "UPDATE audit_entries SET seq = 2 WHERE seq = 3",
        "UPDATE audit_entries SET seq = 3 WHERE seq = 99",
    )

    assert "line 2" in log.verify()


def test_a_chain_computed_anew_without_the_key_is_told(log: Log, intruder: Intruder) -> None:
    """The digests are no secret: whoever changes a line can compute all that follow, but not sign a seal."""
    intruder.runs("UPDATE audit_entries SET event = 'login.succeeded' WHERE seq = 1")
    before = GENESIS
    for entry in list(sealed(Filter())):
        assert entry.seq is not None
        before = digest(before, entry.seq, as_values(entry))
        for table, column in (("audit_entries", "seq"), ("audit_seals", "last_seq")):
            statement = text(f"UPDATE {table} SET digest = :digest WHERE {column} = :seq")
            db.session.execute(statement, {"digest": before, "seq": entry.seq})
    db.session.commit()
    head.forget(log.folder)

    assert "the seal over lines 1 to 3 is forged" in log.verify()


def test_lines_written_later_wait_and_are_told(log: Log) -> None:
    log.tells("login.succeeded")

    assert "1 wait" in log.verify()


def test_an_act_that_commits_after_a_later_one_was_sealed_gets_its_place_at_sealing(log: Log) -> None:
    db.session.execute(
        text("INSERT INTO audit_entries (id, at, event, ids) VALUES ('00', 1, 'registry.imported', '{}')")
    )
    db.session.commit()

    log.seal()

    assert log.verify() == "verified 1 to 6, 0 wait"


def test_one_worker_seals_at_a_time_until_its_lease_ends(log: Log, clock) -> None:
    db.session.merge(Lease(id=1, holder="another", ends_at=time.now() + dt.timedelta(seconds=60)))
    log.tells("login.succeeded")
    assert log.seal() == 0

    clock.advance(seconds=61)

    assert log.seal() == 1


def test_without_the_key_nothing_is_sealed(log: Log) -> None:
    (log.folder / "audit.pem").unlink()
    log.tells("login.succeeded")

    with pytest.raises(ConfigurationError, match="idp keys generate"):
        log.seal()

    assert unsealed()[0] == 1


def test_a_restored_backup_goes_on_once_a_person_said_why(log: Log, intruder: Intruder) -> None:
    intruder.runs("DELETE FROM audit_entries WHERE seq > 3", "DELETE FROM audit_seals WHERE last_seq > 3")
    log.tells("login.succeeded")
    log.seal()
    assert not log.verify().startswith("verified")

    log.idp_audit("accept-head", "--reason", "sauvegarde du 14 mars remise en place")
    log.seal()

    assert log.verify().startswith("verified")
    assert "sauvegarde du 14 mars" in log.idp_audit("list", "--act", "audit.head_accepted", "--json").output


def test_the_head_outside_follows_the_chain(log: Log) -> None:
    kept = head.read(Path(log.folder), AuditKey.load(log.folder))

    assert kept == Head(5, list(sealed(Filter()))[-1].digest or b"")
