"""School files that are not imported yet: sealed, a quarter of an hour for who sent them, longer for a second person.

What an import will change is shown before anything is written; the file waits meanwhile, for any process to take up.
Where many pupils or links would end, a second person says yes too (ATTACKS 122).
"""

import base64
import datetime as dt
import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from idp import clock
from idp.db import Base, db, new_id
from idp.db.sealing import Sealed

LIFE = dt.timedelta(minutes=15)
MOST_FILES = 2


class WaitingFiles(Base):
    """The files of one import to be. The file's own bytes, compressed and sealed; read when they are asked for."""

    __tablename__ = "waiting_files"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    uai: Mapped[str] = mapped_column(ForeignKey("schools.uai"), index=True)
    sent_by: Mapped[str] = mapped_column(String(64))
    files: Mapped[dict[str, Any]] = mapped_column(Sealed("school files"), deferred=True)
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The departures that a second person is asked about, and what the first agreed to beside; none before that."""
    ends_at: Mapped[dt.datetime] = mapped_column(index=True)


_IS_OWN = WaitingFiles.asked.is_(None)


def keep(uai: str, files: Sequence[tuple[str, bytes]], *, by: str) -> WaitingFiles:
    """Keep these (name, content); whatever the same person sent before for this school is forgotten."""
    db.session.execute(delete(WaitingFiles).where(WaitingFiles.uai == uai, WaitingFiles.sent_by == by))
    packed = [{"name": name, "content": base64.b64encode(zlib.compress(content)).decode()} for name, content in files]
    waiting = WaitingFiles(uai=uai, sent_by=by, files={"files": packed}, ends_at=clock.now() + LIFE)
    db.session.add(waiting)
    db.session.flush()
    return waiting


def find(waiting_id: str, uai: str, *, by: str) -> list[tuple[str, bytes]] | None:
    """The files that this person sent for this school, while they wait."""
    found = select(WaitingFiles).where(WaitingFiles.id == waiting_id, WaitingFiles.uai == uai, _IS_OWN)
    waiting = db.session.scalar(found.where(WaitingFiles.sent_by == by, WaitingFiles.ends_at > clock.now()))
    return None if waiting is None else unpack(waiting)


def unpack(waiting: WaitingFiles) -> list[tuple[str, bytes]]:
    """The files as they were sent."""
    packed = waiting.files.get("files", [])
    return [(file["name"], zlib.decompress(base64.b64decode(file["content"]))) for file in packed]


def ask(waiting_id: str, asked: dict[str, Any], life: dt.timedelta) -> bool:
    """Wait for a second person from now on; false when one is asked already, or the files are gone."""
    found = select(WaitingFiles).where(WaitingFiles.id == waiting_id, _IS_OWN)
    waiting = db.session.scalar(found.with_for_update())
    if waiting is None:
        return False
    waiting.asked, waiting.ends_at = asked, clock.now() + life
    return True


def asking(uai: str = "") -> list[WaitingFiles]:
    """What waits for a second person, of one school or of all, the oldest first."""
    found = select(WaitingFiles).where(~_IS_OWN, WaitingFiles.ends_at > clock.now())
    if uai:
        found = found.where(WaitingFiles.uai == uai)
    return list(db.session.scalars(found.order_by(WaitingFiles.id)))


def forget(waiting_id: str) -> bool:
    """Delete them; whether they were there: of two clicks one imports."""
    gone = delete(WaitingFiles).where(WaitingFiles.id == waiting_id).returning(WaitingFiles.id)
    return db.session.scalar(gone) is not None


def sweep(batch: int = 1000) -> int:
    """Delete what waited too long, at most `batch`; how many. The worker's housekeeping."""
    ended = select(WaitingFiles.id).where(WaitingFiles.ends_at <= clock.now()).limit(batch)
    gone = db.session.execute(delete(WaitingFiles).where(WaitingFiles.id.in_(ended)).returning(WaitingFiles.id))
    return len(gone.all())
