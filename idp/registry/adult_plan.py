"""Which known responsable each adult of the file is, and what changes for them."""

import datetime as dt
from collections.abc import Iterator

import msgspec

from idp.db import new_id
from idp.registry import corrections, missing_columns, names
from idp.registry.corrections import InForce, MobileChange
from idp.registry.errors import KeysRenumbered
from idp.registry.known import AdultRecord, LinkRecord, address_key
from idp.registry.plan import Writer, changed_fields
from idp.registry.pupil_plan import MOST_ENDED
from idp.registry.questions import Questions, adult_key, rename_key
from idp.registry.reading import ReadFile
from idp.registry.records import PersonRow, shown_adult
from idp.registry.staging import Staging, pack, unpack

_SAME_PERSON = "(k.family = p.family OR k.first = p.first)"
"""Otherwise the identifier points to somebody else: no name agrees."""


class AdultPlanner:
    """Writes the file's adults and what links they want, then ends those whom it no longer has.

    `accept_renames` takes adults who changed one name as the same without asking.
    """

    def __init__(
        self,
        staging: Staging,
        writer: Writer,
        persons: ReadFile,
        now: dt.datetime,
        said: InForce,
        questions: Questions,
        *,
        accept_renames: bool,
    ) -> None:
        self.staging, self.writer, self.now, self.said = staging, writer, now, said
        self.file, self.missing = persons.number, persons.missing
        self.questions = questions
        self.accept_renames = accept_renames
        self.plan = writer.plan

    def run(self) -> None:
        """Match every adult, those with a certain match first; then end whoever the file no longer has."""
        self._match_keys()
        for place, person, adult_id in self._rows():
            if adult_id:
                self._update(adult_id, place, person)
        for place, person in self._unmatched():
            self._take_by_names(place, person)
        for place, person in self._unmatched():
            self._take_renamed_or_new(place, person)
        self._keep_spared()
        gone = "SELECT row FROM known_adult WHERE ended = 0 AND claimed = 0 ORDER BY id"
        for (content,) in self.staging.execute(gone):
            old = unpack(content, AdultRecord)
            self.writer.update(msgspec.structs.replace(old, ended_at=self.now))
            self.writer.tell("responsables", "ended", _shown(old), old.id)

    def check_keys(self) -> None:
        """Raises KeysRenumbered when the base's identifiers now mean other adults."""
        join = "FROM person p JOIN known_adult k ON k.key = p.key WHERE p.file = ?"
        known = self.staging.count(f"SELECT count(*) {join}", self.file)
        same = self.staging.count(f"SELECT count(*) {join} AND {_SAME_PERSON}", self.file)
        if known - same > MOST_ENDED * known:
            raise KeysRenumbered(uai=self.plan.uai, what="responsables", changed=known - same, known=known)

    def _match_keys(self) -> None:
        found = f"FROM known_adult k WHERE p.file = ? AND k.key = p.key AND {_SAME_PERSON}"
        self.staging.execute(f"UPDATE person AS p SET id = k.id {found}", self.file)  # noqa: S608 - our words
        self.staging.execute(
            "UPDATE known_adult SET claimed = 1 WHERE id IN (SELECT id FROM person WHERE file = ? AND id IS NOT NULL)",
            self.file,
        )
        displaced = (
            "SELECT k.id, k.row FROM person p JOIN known_adult k ON k.key = p.key WHERE p.file = ? AND p.id IS NULL"
        )
        for adult_id, content in self.staging.all(displaced, self.file):
            freed = msgspec.structs.replace(unpack(content, AdultRecord), school_key=None)
            self.writer.update(freed)
            self.staging.execute("UPDATE known_adult SET row = ?, key = NULL WHERE id = ?", pack(freed), adult_id)
        self.writer.flush()

    def _rows(self) -> Iterator[tuple[int, PersonRow, str | None]]:
        """The file's adults with their address, which SIECLE gives apart, and whether a link makes them a service."""
        columns = (
            "row, id, (SELECT a.row FROM address a WHERE a.file = person.file AND a.key = person.address"
            " ORDER BY a.rowid DESC LIMIT 1), EXISTS (SELECT 1 FROM link WHERE link.file = person.file"
            " AND link.person = person.key AND link.kind = '51')"
        )
        for place, content, adult_id, address, is_welfare in self.staging.walk("person", self.file, columns):
            person = unpack(content, PersonRow)
            if address is not None:
                person.address = unpack(address, dict[str, str])
            if is_welfare and not person.first_name:
                person.is_organisation = True
            yield place, person, adult_id

    def _unmatched(self) -> Iterator[tuple[int, PersonRow]]:
        return ((place, person) for place, person, adult_id in self._rows() if adult_id is None)

    def _take_by_names(self, place: int, person: PersonRow) -> None:
        found = self._by_names(place, person)
        if len(found) > 1:
            found = self._chosen(place, person, found)
        if len(found) == 1:
            self._claim(place, found[0], person)
        elif found:
            self.plan.undecided.append(person.shown_name)
            self._wait(place, found)

    def _chosen(self, place: int, person: PersonRow, found: list[str]) -> list[str]:
        """The known adult who was chosen for this line; nobody for a new one; all of them while nobody has chosen."""
        text = " / ".join([person.shown_name, *(_shown(self._known(adult_id)) for adult_id in found)])
        answer = self.questions.ask("adult", adult_key(person), text, candidates=found, place=place)
        if answer is None:
            return found
        return [answer] if answer in found else []

    def _take_renamed_or_new(self, place: int, person: PersonRow) -> None:
        for adult_id in self._renamed(place, person):
            old = self._known(adult_id)
            answer = adult_id if self.accept_renames else self._ask_rename(place, old, person)
            if answer == adult_id:
                self._claim(place, adult_id, person)
                return
            if answer is None:
                self.plan.to_confirm.append(f"{_shown(old)} -> {person.shown_name}")
                self._wait(place, [adult_id])
                return
        if unlinked := self._unlinked(place, person):
            self._claim(place, unlinked, person)
        else:
            self._insert(place, person)

    def _unlinked(self, place: int, person: PersonRow) -> str | None:
        """Nothing but names speaks for one who has neither contact nor certain child; nothing hangs on it either."""
        if person.mobile or person.email or address_key(person.address):
            return None
        found = self.staging.first(
            "SELECT id FROM known_adult k WHERE family = ? AND first = ? AND claimed = 0 AND ended = 0"
            " AND mobile IS NULL AND email = '' AND address = ''"
            " AND NOT EXISTS (SELECT 1 FROM known_link l WHERE l.adult = k.id AND l.ended = 0)"
            " AND NOT EXISTS (SELECT 1 FROM pair WHERE person = ?) ORDER BY id",
            *(*person.identity, place),
        )
        return str(found[0]) if found else None

    def _ask_rename(self, place: int, old: AdultRecord, person: PersonRow) -> str | None:
        values = {
            "civility": person.civility,
            "family_name": person.family_name,
            "usage_name": person.usage_name,
            "first_name": person.first_name,
        }
        text = f"{_shown(old)} -> {person.shown_name}"
        key = rename_key(old.id, person)
        return self.questions.ask("rename", key, text, candidates=[old.id], place=place, values=values)

    def _by_names(self, place: int, person: PersonRow) -> list[str]:
        """Same names and a shared child; else same names and the same mobile, e-mail or address."""
        same = (
            "SELECT id, ended FROM known_adult k"
            " WHERE ((family = ?1 AND first = ?2) OR (held_family = ?1 AND held_first = ?2)) AND claimed = 0"
        )
        found = self.staging.all(f"{same} AND {_SHARED} ORDER BY id", *person.identity, place)
        if not found:
            contact = (person.mobile or "-", person.email or "-", address_key(person.address) or "-")
            alike = "(mobile = ? OR email = ? OR address = ?)"
            found = self.staging.all(f"{same} AND {alike} ORDER BY id", *person.identity, *contact)
        return _current_first(found)

    def _renamed(self, place: int, person: PersonRow) -> list[str]:
        """One name changed: same first name, a shared child and the same mobile."""
        if not person.mobile or not person.first_name:
            return []
        condition = f"first = ? AND mobile = ? AND claimed = 0 AND {_SHARED}"
        query = f"SELECT id, ended FROM known_adult k WHERE {condition} ORDER BY id"  # noqa: S608 - our words
        return _current_first(self.staging.all(query, names.key(person.first_name), person.mobile, place))

    def _known(self, adult_id: str) -> AdultRecord:
        found = self.staging.first("SELECT row FROM known_adult WHERE id = ?", adult_id)
        assert found is not None
        return unpack(found[0], AdultRecord)

    def _wait(self, place: int, found: list[str]) -> None:
        """Nothing changes for these adults until somebody has chosen."""
        self.staging.execute("UPDATE person SET id = '' WHERE place = ?", place)
        for adult_id in found:
            self.keep(adult_id)

    def keep(self, adult_id: str) -> None:
        """The adult and their links stay as they are."""
        self.staging.execute("UPDATE known_adult SET claimed = 1 WHERE id = ?", adult_id)
        for (content,) in self.staging.all("SELECT row FROM known_link WHERE adult = ? AND ended = 0", adult_id):
            link = unpack(content, LinkRecord)
            values = (adult_id, link.pupil_id, link.legal_level, link.kind, int(link.is_first_contact))
            self.staging.execute("INSERT OR IGNORE INTO wanted VALUES (?, ?, ?, ?, ?)", *values)

    def _keep_spared(self) -> None:
        """A line that is left out changes nothing for its adult; without a child in it, while one of theirs stays."""
        query = "SELECT family, first, key, what FROM spared WHERE file = ? AND what != 'pupil'"
        for family, first, key, what in self.staging.execute(query, self.file):
            kept = self.staging.all(
                "SELECT id FROM known_adult k WHERE ended = 0 AND claimed = 0"
                " AND (key = ?1 OR (family = ?2 AND first = ?3 AND ?2 != '')) AND (?4 != 'family' OR EXISTS (SELECT 1"
                " FROM known_link l JOIN enrolled e ON e.pupil = l.pupil WHERE l.adult = k.id AND l.ended = 0))",
                *(key, family, first, what),
            )
            for (adult_id,) in kept:
                self.keep(adult_id)

    def _claim(self, place: int, adult_id: str, person: PersonRow) -> None:
        self.staging.execute("UPDATE known_adult SET claimed = 1 WHERE id = ?", adult_id)
        self.staging.execute("UPDATE person SET id = ? WHERE place = ?", adult_id, place)
        self._update(adult_id, place, person)

    def _want(self, place: int, adult_id: str, person: PersonRow) -> None:
        """The links of the line; of the adult's other ones nothing is said while a child of the line is unknown."""
        self.staging.execute(
            "INSERT OR IGNORE INTO wanted SELECT ?, pupil, level, kind, contact FROM pair WHERE person = ?",
            adult_id,
            place,
        )
        if person.has_unknown_child:
            self.keep(adult_id)

    def _insert(self, place: int, person: PersonRow) -> None:
        new = self._record(person, new_id())
        self.writer.insert(new)
        self.writer.tell("responsables", "added", person.shown_name, new.id)
        self.staging.execute("UPDATE person SET id = ? WHERE place = ?", new.id, place)
        self._want(place, new.id, person)

    def _update(self, adult_id: str, place: int, person: PersonRow) -> None:
        old = self._known(adult_id)
        filed = self._record(person, adult_id)
        if self.missing:
            missing_columns.keep(filed, corrections.as_filed(old, self.said), self.missing)
        filed.school_key = filed.school_key or old.school_key
        filed.mobile_changed_at, filed.previous_mobile = old.mobile_changed_at, old.previous_mobile
        new, overruled = corrections.settle(filed, self.said)
        for correction in overruled:
            self.plan.conflicts.append(f"{_shown(new)}: {correction.field}")
        if new.mobile != old.mobile and (old.mobile or old.mobile_changed_at):  # Taken away first, then replaced.
            new.mobile_changed_at = self.now
        if old.mobile and new.mobile != old.mobile:
            new.previous_mobile = old.mobile
            self.plan.mobiles.append(MobileChange(adult_id, old.mobile, new.mobile))
        if fields := changed_fields(old, new):
            self.writer.update(new)
            shown = [name for name in fields if name not in ("mobile_changed_at", "previous_mobile")]
            self.writer.tell("responsables", "changed", f"{person.shown_name}: {', '.join(shown)}", adult_id)
        self._want(place, adult_id, person)

    def _record(self, person: PersonRow, adult_id: str) -> AdultRecord:
        return AdultRecord(
            id=adult_id,
            uai=self.plan.uai,
            school_key=person.school_key,
            civility=person.civility,
            family_name=person.family_name,
            usage_name=person.usage_name,
            first_name=person.first_name,
            family_key=names.key(person.family_name),
            usage_key=names.key(person.usage_name),
            first_key=names.key(person.first_name),
            is_organisation=person.is_organisation,
            mobile=person.mobile,
            mobile_changed_at=None,
            previous_mobile=None,
            accepts_sms=person.accepts_sms,
            phones_raw=person.phones_raw,
            email=person.email,
            address=person.address,
            ended_at=None,
        )


_SHARED = (
    "EXISTS (SELECT 1 FROM known_link l JOIN pair ON pair.pupil = l.pupil WHERE l.adult = k.id AND pair.person = ?)"
)
"""A child of the line whom the known adult has or had."""


def _current_first(found: list[tuple[str, int]]) -> list[str]:
    """Those of today, or, when there is none, those who ended."""
    return [adult_id for adult_id, ended in found if not ended] or [adult_id for adult_id, _ in found]


def _shown(adult: AdultRecord) -> str:
    return shown_adult(adult.civility, adult.family_name, adult.usage_name, adult.first_name)
