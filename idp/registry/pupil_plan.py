"""Which known pupil each pupil of the file is, and what changes for them and their enrolments."""

import datetime as dt
from collections import Counter

from idp.db import new_id
from idp.registry import names
from idp.registry.errors import KeysRenumbered, MassEnding
from idp.registry.known import Known
from idp.registry.plan import Plan, Values, changed_fields
from idp.registry.records import Picture, PupilRow

MOST_ENDED = 0.2
"""Share of known pupils past which an ending must be confirmed, and of keys past which a base was renumbered."""


class PupilPlanner:
    """Fills the plan's pupils and enrolments; `ids` then has the pupil of each row, None if they left."""

    def __init__(self, known: Known, picture: Picture, plan: Plan, now: dt.datetime) -> None:
        self.known, self.picture, self.plan, self.now = known, picture, plan, now
        self.ids: list[str | None] = []
        self.current: set[str] = set()
        self._claimed: set[str] = set()
        self._by_key = {row["school_key"]: pupil for pupil, row in known.enrolments.items() if row["school_key"]}
        self._by_identity: dict[tuple[str, str, dt.date], list[str]] = {}
        for pupil_id in known.enrolments:
            row = known.pupils[pupil_id]
            identity = row["family_key"], row["first_key"], row["birth_on"]
            self._by_identity.setdefault(identity, []).append(pupil_id)

    def run(self) -> None:
        """Raises KeysRenumbered when the base's identifiers now mean other pupils."""
        self._check_keys()
        for row in self.picture.pupils:
            self.ids.append(self._take(row))
        for pupil_id, enrolment in self.known.enrolments.items():
            if enrolment["ended_at"] is None and pupil_id not in self.current:
                self.plan.batch("enrolments").updates.append({**enrolment, "ended_at": self.now})
                self.plan.pupils.ended.append(_shown(self.known.pupils[pupil_id]))

    def check_ending(self) -> None:
        """Raises MassEnding when over a fifth of the pupils, or a whole class of two or more, would end."""
        before = {pupil: row for pupil, row in self.known.enrolments.items() if row["ended_at"] is None}
        ended = [row for pupil, row in before.items() if pupil not in self.current]
        sizes = Counter(row["class_code"] for row in before.values())
        emptied = Counter(row["class_code"] for row in ended)
        classes = sorted(code for code, count in emptied.items() if count == sizes[code] >= 2)
        if classes or len(ended) > MOST_ENDED * len(before):
            raise MassEnding(uai=self.plan.uai, ended=len(ended), known=len(before), classes=classes)

    def _take(self, row: PupilRow) -> str | None:
        pupil_id = self._find(row)
        if not row.is_present and (pupil_id is None or pupil_id not in self.known.enrolments):
            return None
        if pupil_id is None:
            pupil_id = self._insert(row)
        else:
            self._update(row, pupil_id)
        self._claimed.add(pupil_id)
        if not row.is_present:
            return None
        self.current.add(pupil_id)
        self._enrol(row, pupil_id)
        return pupil_id

    def _find(self, row: PupilRow) -> str | None:
        """Stable keys first: the base's identifier, the INE; then names and birth date within the school."""
        by_key = self._by_key.get(row.school_key) if row.school_key else None
        by_ine = self.known.pupil_of_ine.get(row.ine) if row.ine else None
        for candidate in (by_key, by_ine):
            if candidate and candidate not in self._claimed:
                return candidate
        for candidate in self._by_identity.get(row.identity, ()):
            ine = self.known.pupils[candidate]["ine"]
            if candidate not in self._claimed and not (ine and row.ine and ine != row.ine):
                return candidate
        return None

    def _insert(self, row: PupilRow) -> str:
        pupil_id = new_id()
        ine = None if row.ine in self.known.pupil_of_ine else row.ine
        self.plan.batch("pupils").inserts.append({"id": pupil_id, **_values(row), "ine": ine})
        return pupil_id

    def _update(self, row: PupilRow, pupil_id: str) -> None:
        old, new = self.known.pupils[pupil_id], _values(row)
        for name in ("ine", "sex", "other_first_names"):  # A column that the extraction left out says nothing.
            new[name] = new[name] or old[name]
        if self.known.pupil_of_ine.get(new["ine"], pupil_id) != pupil_id:
            new["ine"] = old["ine"]
        if fields := changed_fields(old, new):
            self.plan.batch("pupils").updates.append({**old, **new})
            self.plan.pupils.changed.append(f"{_shown(new)}: {', '.join(fields)}")

    def _enrol(self, row: PupilRow, pupil_id: str) -> None:
        old = self.known.enrolments.get(pupil_id)
        new: Values = {
            "school_key": row.school_key or (old["school_key"] if old else None),
            "class_code": row.class_code,
            "class_label": row.class_label,
            "level": row.level,
            "school_year": self.plan.school_year,
            "ended_at": None,
        }
        enrolments = self.plan.batch("enrolments")
        if old is None:
            enrolments.inserts.append({"id": new_id(), "uai": self.plan.uai, "pupil_id": pupil_id, **new})
            self.plan.pupils.added.append(row.shown_name)
        elif fields := changed_fields(old, new):
            enrolments.updates.append({**old, **new})
            self.plan.pupils.changed.append(f"{row.shown_name}: {', '.join(fields)}")

    def _check_keys(self) -> None:
        found = changed = 0
        for row in self.picture.pupils:
            if row.school_key is None or row.school_key not in self._by_key:
                continue
            old = self.known.pupils[self._by_key[row.school_key]]
            family_key, first_key, birth_on = row.identity
            found += 1
            changed += (old["family_key"], old["first_key"]) != (family_key, first_key) and old["birth_on"] != birth_on
        if changed > MOST_ENDED * found:
            raise KeysRenumbered(changed=changed, known=found)


def _values(row: PupilRow) -> Values:
    return {
        "ine": row.ine,
        "family_name": row.family_name,
        "usage_name": row.usage_name,
        "first_name": row.first_name,
        "other_first_names": row.other_first_names,
        "family_key": names.key(row.family_name),
        "first_key": names.key(row.first_name),
        "birth_on": row.birth_on,
        "sex": row.sex,
    }


def _shown(row: Values) -> str:
    return f"{row['family_name']} {row['first_name']}"
