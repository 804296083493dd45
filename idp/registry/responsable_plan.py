"""Which known responsable each adult of the file is, and what changes for them and their links."""

import datetime as dt
from collections import defaultdict

from idp.db import new_id
from idp.registry import names
from idp.registry.known import Known
from idp.registry.plan import Plan, Values, changed_fields
from idp.registry.records import PersonRow, Picture, PictureLink


class ResponsablePlanner:
    """Fills the plan's responsables and links. `pupil_ids` are the pupils of the picture's rows."""

    def __init__(
        self, known: Known, picture: Picture, plan: Plan, now: dt.datetime, pupil_ids: list[str | None]
    ) -> None:
        self.known, self.picture, self.plan, self.now = known, picture, plan, now
        self.wanted: dict[tuple[str, str], tuple[int | None, str]] = {}
        self._persons = picture.persons or []
        self._links_of: dict[int, list[tuple[str, PictureLink]]] = defaultdict(list)
        for link in picture.links:
            if pupil_id := pupil_ids[link.pupil]:
                self._links_of[link.person].append((pupil_id, link))
        self._claimed: set[str] = set()
        self._by_school_key = {row["school_key"]: key for key, row in known.responsables.items() if row["school_key"]}
        self._by_identity: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._by_mobile: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key, row in known.responsables.items():
            self._by_identity[row["family_key"], row["first_key"]].append(key)
            self._by_mobile[row["first_key"], row["mobile"] or ""].append(key)

    def run(self, *, accept_renames: bool) -> None:
        """Match every adult, those with a certain match first; then end whoever the file no longer has."""
        unmatched = [place for place in range(len(self._persons)) if not self._take_certain(place)]
        for place in unmatched:
            self._take_renamed_or_new(place, accept_renames)
        for responsable_id, old in self.known.responsables.items():
            if old["ended_at"] is None and responsable_id not in self._claimed:
                self.plan.batch("responsables").updates.append({**old, "ended_at": self.now})
                self.plan.responsables.ended.append(_shown(old))

    def _take_certain(self, place: int) -> bool:
        """Whether the adult was dealt with: found by key or names, or left undecided between several."""
        person = self._persons[place]
        found = self._by_key(person) if person.school_key else self._by_names(place)
        if len(found) > 1:
            self.plan.undecided.append(person.shown_name)
            self._keep(found)
            return True
        if found:
            self._update(found[0], person)
            self._want(found[0], place)
        return bool(found)

    def _take_renamed_or_new(self, place: int, accept_renames: bool) -> None:
        person = self._persons[place]
        found = [] if person.school_key else self._renamed(place)
        if len(found) == 1 and accept_renames:
            self._update(found[0], person)
            self._want(found[0], place)
        elif found:
            old = " / ".join(_shown(self.known.responsables[responsable_id]) for responsable_id in found)
            self.plan.to_confirm.append(f"{old} -> {person.shown_name}")
            self._keep(found)
        else:
            self._want(self._insert(person), place)

    def _by_key(self, person: PersonRow) -> list[str]:
        found = self._by_school_key.get(person.school_key or "")
        return [found] if found else []

    def _by_names(self, place: int) -> list[str]:
        """Same names and a shared child; else same names and the same mobile, e-mail or address."""
        person = self._persons[place]
        same_names = [key for key in self._by_identity[person.identity] if key not in self._claimed]
        children = self._children(place)
        sharing = [key for key in same_names if self.known.children[key] & children]
        return self._current_first(sharing or [key for key in same_names if self._same_contact(key, person)])

    def _renamed(self, place: int) -> list[str]:
        """One name changed: same first name, a shared child and the same mobile."""
        person = self._persons[place]
        if not person.mobile:
            return []
        children = self._children(place)
        alike = [key for key in self._by_mobile[person.identity[1], person.mobile] if key not in self._claimed]
        return self._current_first([key for key in alike if self.known.children[key] & children])

    def _children(self, place: int) -> set[str]:
        return {pupil_id for pupil_id, _ in self._links_of[place]}

    def _same_contact(self, key: str, person: PersonRow) -> bool:
        old = self.known.responsables[key]
        new = {"mobile": person.mobile, "email": person.email, "address": person.address}
        return any(value and old[name] == value for name, value in new.items())

    def _current_first(self, found: list[str]) -> list[str]:
        """Those of today, or, when there is none, those who ended."""
        return [key for key in found if self.known.responsables[key]["ended_at"] is None] or found

    def _keep(self, found: list[str]) -> None:
        """Nothing changes for these adults until somebody has chosen."""
        self._claimed.update(found)
        for (responsable_id, pupil_id), link in self.known.links.items():
            if responsable_id in found and link["ended_at"] is None:
                self.wanted[responsable_id, pupil_id] = (link["legal_level"], link["kind"])

    def _want(self, responsable_id: str, place: int) -> None:
        self._claimed.add(responsable_id)
        for pupil_id, link in self._links_of[place]:
            self.wanted[responsable_id, pupil_id] = (link.legal_level, link.kind)

    def _insert(self, person: PersonRow) -> str:
        responsable_id = new_id()
        row = {"id": responsable_id, "uai": self.plan.uai, **_values(person)}
        self.plan.batch("responsables").inserts.append(row)
        self.plan.responsables.added.append(person.shown_name)
        return responsable_id

    def _update(self, responsable_id: str, person: PersonRow) -> None:
        old, new = self.known.responsables[responsable_id], _values(person)
        if fields := changed_fields(old, new):
            self.plan.batch("responsables").updates.append({**old, **new})
            self.plan.responsables.changed.append(f"{person.shown_name}: {', '.join(fields)}")


def plan_links(
    known: Known, plan: Plan, now: dt.datetime, wanted: dict[tuple[str, str], tuple[int | None, str]]
) -> None:
    """Make, change and end links so that the current ones are `wanted`. A level of None keeps the known one."""
    links = plan.batch("links")
    for (responsable_id, pupil_id), (level, kind) in wanted.items():
        old = known.links.get((responsable_id, pupil_id))
        new: Values = {"legal_level": level or (old["legal_level"] if old else 1), "kind": kind, "ended_at": None}
        if old is None:
            links.inserts.append({"responsable_id": responsable_id, "pupil_id": pupil_id, **new})
            plan.links.added.append(f"{responsable_id} {pupil_id}")
        elif changed_fields(old, new):
            links.updates.append({**old, **new})
            plan.links.changed.append(f"{responsable_id} {pupil_id}")
    for pair, old in known.links.items():
        if old["ended_at"] is None and pair not in wanted:
            links.updates.append({**old, "ended_at": now})
            plan.links.ended.append(" ".join(pair))


def _values(person: PersonRow) -> Values:
    return {
        "school_key": person.school_key,
        "civility": person.civility,
        "family_name": person.family_name,
        "usage_name": person.usage_name,
        "first_name": person.first_name,
        "family_key": names.key(person.family_name),
        "usage_key": names.key(person.usage_name),
        "first_key": names.key(person.first_name),
        "is_organisation": person.is_organisation,
        "mobile": person.mobile,
        "phones_raw": person.phones_raw,
        "email": person.email,
        "address": person.address,
        "ended_at": None,
    }


def _shown(row: Values) -> str:
    usage = f"({row['usage_name']})" if row["usage_name"] else ""
    return " ".join(part for part in (row["civility"], row["family_name"], usage, row["first_name"]) if part)
