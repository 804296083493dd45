"""Links made, changed and ended so that the current ones are those that the file wants."""

import datetime as dt

import msgspec

from idp.registry.known import LinkRecord
from idp.registry.plan import Writer, changed_fields
from idp.registry.staging import Staging, unpack


def write_links(staging: Staging, writer: Writer, now: dt.datetime) -> None:
    """A level that the file does not say stays as it is: 1, unless somebody lowered it here."""
    query = (
        "SELECT w.adult, w.pupil, w.level, w.kind, w.contact, l.row FROM wanted w"
        " JOIN enrolled e ON e.pupil = w.pupil"
        " LEFT JOIN known_link l ON l.adult = w.adult AND l.pupil = w.pupil ORDER BY w.adult, w.pupil"
    )
    for adult, pupil, level, kind, contact, content in staging.execute(query):
        old = unpack(content, LinkRecord) if content else None
        kept = level or (old.legal_level if old else 1)
        new = LinkRecord(adult, pupil, kept, kind, bool(contact), None)
        if old is None:
            writer.insert(new)
            writer.tell("links", "added", f"{adult} {pupil}", adult, pupil)
        elif changed_fields(old, new):
            writer.update(new)
            writer.tell("links", "changed", f"{adult} {pupil}", adult, pupil)
    _end_the_unwanted(staging, writer, now)


def keep_links(staging: Staging) -> None:
    """Pupils alone say nothing of links, but a pupil who left has none."""
    for (content,) in staging.execute("SELECT row FROM known_link WHERE ended = 0"):
        link = unpack(content, LinkRecord)
        values = (link.responsable_id, link.pupil_id, link.legal_level, link.kind, int(link.is_first_contact))
        staging.insert("wanted", *values)


def _end_the_unwanted(staging: Staging, writer: Writer, now: dt.datetime) -> None:
    query = (
        "SELECT l.row FROM known_link l WHERE l.ended = 0 AND NOT EXISTS (SELECT 1 FROM wanted w"
        " JOIN enrolled e ON e.pupil = w.pupil WHERE w.adult = l.adult AND w.pupil = l.pupil) ORDER BY l.adult, l.pupil"
    )
    for (content,) in staging.execute(query):
        link = unpack(content, LinkRecord)
        writer.update(msgspec.structs.replace(link, ended_at=now))
        writer.tell("links", "ended", f"{link.responsable_id} {link.pupil_id}", link.responsable_id, link.pupil_id)
