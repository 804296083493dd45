"""Who is a responsable of whom: the adults of a file joined with the school's pupils."""

from idp.registry import names
from idp.registry.defects import Defect
from idp.registry.onde_headers import header_of
from idp.registry.questions import NONE, Questions, child_key
from idp.registry.reading import ReadFile
from idp.registry.records import ChildReference, KeyedLink, PersonRow
from idp.registry.staging import Staging, pack, unpack

ONDE_LEVEL = None
"""ONDE does not say the legal level: what the registry has stays."""


def join_siecle(staging: Staging, persons: ReadFile, pupil_file: int | None) -> None:
    """Links by identifiers; of pupils who left or whom a bad line left out nothing is said."""
    columns = (
        "row, (SELECT place FROM person p WHERE p.file = link.file AND p.key = link.person),"
        " (SELECT e.pupil FROM pupil u JOIN enrolled e ON e.pupil = u.id WHERE u.file = ?1 AND u.key = link.pupil),"
        " (SELECT e.pupil FROM known_pupil k JOIN enrolled e ON e.pupil = k.id WHERE k.key = link.pupil)"
    )
    for place, content, person, in_file, known in staging.walk("link", persons.number, columns, pupil_file):
        link = unpack(content, KeyedLink)
        if person is None:
            staging.execute("DELETE FROM link WHERE place = ?", place)  # The person was left out, and that was told.
        elif pupil := in_file or known:
            values = (person, pupil, link.legal_level, link.kind, int(link.is_first_contact))
            staging.execute("INSERT OR IGNORE INTO pair VALUES (?, ?, ?, ?, ?)", *values)
        elif not _has_key(staging, pupil_file, link.pupil_key):
            code, value = "xml_link_pupil_unknown", link.pupil_key
            defect = Defect(code, persons.name, link.pupil_line, element="ELEVE_ID", value=value)
            staging.report(persons.number, defect)
            staging.execute("DELETE FROM link WHERE place = ?", place)


def _has_key(staging: Staging, pupil_file: int | None, key: str) -> bool:
    """Whether the pupils' file, or the registry without one, knows the identifier: of a pupil who left, say."""
    if pupil_file is None:
        return staging.first("SELECT 1 FROM known_pupil WHERE key = ?", key) is not None
    return (
        staging.first("SELECT 1 FROM seen WHERE file = ? AND what = 'pupil' AND key = ?", pupil_file, key) is not None
    )


class OndeFamilies:
    """Children are found by their names, then by their class; one adult on two lines becomes one person."""

    def __init__(
        self, staging: Staging, persons: ReadFile, questions: Questions, *, pupils: ReadFile | None = None
    ) -> None:
        self.staging, self.file, self.name = staging, persons.number, persons.name
        self.questions = questions
        self.has_usage_names = "child_usage_name" not in persons.missing
        if pupils and "usage_name" in pupils.missing:
            self.has_usage_names = False

    def join(self) -> None:
        for place, content in self.staging.walk("person", self.file, "row"):
            self._take(place, unpack(content, PersonRow))

    def _take(self, place: int, person: PersonRow) -> None:
        children: set[str] = set()
        is_kept = False
        for child in person.children:
            found = self._find(child)
            if len(found) > 1:
                found = self._choose(place, person, child, found)
                is_kept = True
            elif not found:
                self._report("row_child_unknown", person, child)
                person.has_unknown_child = True
            children.update(found)
        if not children and not is_kept:
            self.staging.execute("DELETE FROM person WHERE place = ?", place)
            self.staging.spare(self.file, "family", family=person.family_name, first=person.first_name)
            return
        if person.has_unknown_child:
            self.staging.execute("UPDATE person SET row = ? WHERE place = ?", pack(person), place)
        lines = [*self._same(place, person, children), (place, person)]
        self._pair(place, children)
        if len(lines) > 1:
            self._merge(*lines)

    def _find(self, child: ChildReference) -> list[str]:
        """The pupils that the line may mean: one, none, or several that even the class does not part.

        Usage names agree, or one of the two files has none: then the class must not say that it is another child.
        """
        family, usage, first = child.key
        label = names.key(child.class_label)
        namesakes = self.staging.all(
            "SELECT pupil, usage, class FROM enrolled WHERE family = ? AND first = ? ORDER BY pupil", family, first
        )
        found = [one for one in namesakes if one[1] == usage]
        if not found or not (usage or self.has_usage_names):
            found = [one for one in namesakes if not (one[1] and usage)]
            if self.has_usage_names:
                found = [one for one in found if label in ("", one[2])]
        if len(found) > 1:
            found = [one for one in found if one[2] == label] or found
        return [pupil for pupil, *_ in found]

    def _choose(self, place: int, person: PersonRow, child: ChildReference, found: list[str]) -> list[str]:
        """What was chosen before; without a choice, what the registry has already, and the question is asked."""
        key = child_key(person, child)
        text = f"{person.shown_name} : {child.family_name} {child.first_name} ({child.class_label})"
        answer = self.questions.ask("child", key, text, candidates=found, place=place)
        if answer is not None:
            return [] if answer == NONE else [answer]
        self._report("row_child_ambiguous", person, child)
        linked: list[str] = []
        for adult in self._known(person):
            theirs = self.staging.all("SELECT pupil FROM known_link WHERE adult = ? AND ended = 0", adult)
            linked += [pupil for (pupil,) in theirs if pupil in found]
        return linked

    def _known(self, person: PersonRow) -> list[str]:
        """The adults of today with the names of the line and its mobile or e-mail; without these the only one."""
        adults = self.staging.all(
            "SELECT id, mobile = ? OR email = ? FROM known_adult WHERE family = ? AND first = ? AND ended = 0",
            *(person.mobile or "-", person.email or "-", *person.identity),
        )
        if len(adults) == 1 and not (person.mobile or person.email):
            return [adult for adult, _ in adults]
        return [adult for adult, is_same in adults if is_same]

    def _same(self, place: int, person: PersonRow, children: set[str]) -> list[tuple[int, PersonRow]]:
        """Earlier lines of the same adult: same names and a shared child."""
        earlier = self.staging.all(
            "SELECT place, row FROM person WHERE file = ? AND family = ? AND first = ? AND place < ? ORDER BY place",
            *(self.file, *person.identity, place),
        )
        same = []
        for other, content in earlier:
            theirs = self.staging.all("SELECT pupil FROM pair WHERE person = ?", other)
            if children & {pupil for (pupil,) in theirs}:
                same.append((other, unpack(content, PersonRow)))
        return same

    def _merge(self, first: tuple[int, PersonRow], *others: tuple[int, PersonRow]) -> None:
        """The first line takes the children and the questions of the others, and what it lacks."""
        first_place, person = first
        for place, other in others:
            self.staging.report(self.file, Defect("row_duplicate_responsable", self.name, other.line, person.line))
            _complete(person, other)
            self.staging.execute("UPDATE OR IGNORE pair SET person = ? WHERE person = ?", first_place, place)
            self.staging.execute("DELETE FROM pair WHERE person = ?", place)
            self.staging.execute("DELETE FROM person WHERE place = ?", place)
            self.questions.move(place, first_place)
        self.staging.execute("UPDATE person SET row = ? WHERE place = ?", pack(person), first_place)

    def _pair(self, place: int, children: set[str]) -> None:
        for pupil in sorted(children):
            self.staging.execute("INSERT OR IGNORE INTO pair VALUES (?, ?, ?, '', 0)", place, pupil, ONDE_LEVEL)

    def _report(self, code: str, person: PersonRow, child: ChildReference) -> None:
        column, value = header_of("child_first_name", "children"), f"{child.family_name} {child.first_name}"
        self.staging.report(self.file, Defect(code, self.name, person.line, column=column, value=value))


def _complete(first: PersonRow, second: PersonRow) -> None:
    """The first line wins; the second gives only what the first lacks."""
    first.mobile = first.mobile or second.mobile
    first.email = first.email or second.email
    first.address = first.address or second.address
    first.usage_name = first.usage_name or second.usage_name
    first.phones_raw = second.phones_raw | first.phones_raw
    first.has_unknown_child |= second.has_unknown_child
