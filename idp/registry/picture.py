"""Joining a school's files into one picture: who is a responsable of whom."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from idp.registry import archive, names, onde, siecle
from idp.registry.defects import Defect
from idp.registry.errors import FilesDisagree
from idp.registry.onde_headers import header_of
from idp.registry.records import (
    ChildReference,
    PersonFile,
    PersonRow,
    Picture,
    PictureLink,
    PupilFile,
    PupilRow,
)


def read_file(path: Path, uai: str, school_year: int, *, any_year: bool = False) -> PupilFile | PersonFile:
    """One file of the school, whatever its kind. `any_year` lets SIECLE be of another year. Raises FileRefused."""
    with archive.opened(path) as (form, stream):
        if form == "csv":
            return onde.read(stream, path.name, school_year)
        return siecle.read(stream, path.name, uai, None if any_year else school_year)


def join(
    files: Iterable[PupilFile | PersonFile], uai: str, school_year: int, known: Sequence[PupilRow] = ()
) -> Picture:
    """One picture from at most one file of pupils and one of responsables.

    `known` are the school's current pupils, for responsables that come alone. Raises FilesDisagree.
    """
    pupil_files: list[PupilFile] = []
    person_files: list[PersonFile] = []
    for file in files:
        if isinstance(file, PupilFile):
            pupil_files.append(file)
        else:
            person_files.append(file)
    _check_pair(pupil_files, person_files, known)
    pupils = pupil_files[0].pupils if pupil_files else list(known)
    both: list[PupilFile | PersonFile] = [*pupil_files, *person_files]
    defects = [defect for file in both for defect in file.defects]
    year = next((file.school_year for file in both if file.school_year), school_year)
    picture = Picture(both[0].source, uai, year, pupils, None, [], defects, has_pupil_file=bool(pupil_files))
    if person_files:
        [persons] = person_files
        if picture.source == "onde":
            _join_onde(picture, persons)
        else:
            _join_siecle(picture, persons)
    return picture


def _check_pair(pupil_files: list[PupilFile], person_files: list[PersonFile], known: Sequence[PupilRow]) -> None:
    if len(pupil_files) > 1 or len(person_files) > 1:
        raise FilesDisagree(reason="two files of one kind")
    if not pupil_files and not (person_files and known):
        raise FilesDisagree(reason="the pupils come first")
    if pupil_files and person_files:
        [one], [other] = pupil_files, person_files
        if (one.source, one.school_year) != (other.source, other.school_year):
            raise FilesDisagree(reason="two formats or two school years")


def _join_siecle(picture: Picture, file: PersonFile) -> None:
    pupil_places = {pupil.school_key: place for place, pupil in enumerate(picture.pupils)}
    person_places = {person.school_key: place for place, person in enumerate(file.persons)}
    picture.persons = file.persons
    seen: set[tuple[int, int]] = set()
    for link in file.links:
        pupil = pupil_places.get(link.pupil_key)
        if pupil is None:
            code, line = "xml_link_pupil_unknown", link.pupil_line
            picture.defects.append(Defect(code, file.file, line, element="ELEVE_ID", value=link.pupil_key))
            continue
        person = person_places[link.person_key]
        if (person, pupil) not in seen:
            seen.add((person, pupil))
            picture.links.append(PictureLink(person, pupil, link.legal_level, link.kind))


def _join_onde(picture: Picture, file: PersonFile) -> None:
    """Children are found by their names, then by their class; one adult on two lines becomes one person."""
    finder = _ChildFinder(picture.pupils)
    persons: list[PersonRow] = []
    children_of: list[set[int]] = []
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for person in file.persons:
        children, has_ambiguous = _children(finder, person, file.file, picture.defects)
        if not children and not has_ambiguous:
            continue
        same = next((place for place in places[person.identity] if children & children_of[place]), None)
        if same is None:
            places[person.identity].append(len(persons))
            persons.append(person)
            children_of.append(children)
            continue
        first_line = persons[same].line
        picture.defects.append(Defect("row_duplicate_responsable", file.file, person.line, first_line))
        children_of[same] |= children
        _complete(persons[same], person)
    picture.persons = persons
    picture.links = [PictureLink(place, pupil) for place, pupils in enumerate(children_of) for pupil in sorted(pupils)]


def _children(finder: "_ChildFinder", person: PersonRow, file: str, defects: list[Defect]) -> tuple[set[int], bool]:
    """Places of the person's children, and whether one of them could not be told from another pupil."""
    children: set[int] = set()
    has_ambiguous = False
    for child in person.children:
        found = finder.find(child)
        if len(found) == 1:
            children.add(found[0])
            continue
        has_ambiguous = has_ambiguous or bool(found)
        code = "row_child_ambiguous" if found else "row_child_unknown"
        column, value = header_of("child_first_name", "children"), f"{child.family_name} {child.first_name}"
        defects.append(Defect(code, file, person.line, column=column, value=value))
    return children, has_ambiguous


def _complete(first: PersonRow, second: PersonRow) -> None:
    """The first line wins; the second gives only what the first lacks."""
    first.mobile = first.mobile or second.mobile
    first.email = first.email or second.email
    first.address = first.address or second.address
    first.usage_name = first.usage_name or second.usage_name
    first.phones_raw = second.phones_raw | first.phones_raw


class _ChildFinder:
    """The school's pupils by their folded names."""

    def __init__(self, pupils: Sequence[PupilRow]) -> None:
        self._pupils = pupils
        self._by_names: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for place, pupil in enumerate(pupils):
            identity = names.key(pupil.family_name), names.key(pupil.usage_name), names.key(pupil.first_name)
            self._by_names[identity].append(place)

    def find(self, child: ChildReference) -> list[int]:
        """Places of the pupils that the line may mean: one, none, or several that even the class does not part."""
        family, usage = names.key(child.family_name), names.key(child.usage_name)
        found = self._by_names.get((family, usage, names.key(child.first_name)), [])
        if len(found) < 2:
            return found
        label = names.key(child.class_label)
        return [place for place in found if names.key(self._pupils[place].class_label) == label] or found
