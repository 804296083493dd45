"""Pupils who stand in one file more than once."""

from idp.registry.defects import Defect
from idp.registry.records import PupilRow
from idp.registry.staging import Staging, pack, unpack

Found = list[tuple[int, PupilRow]]


def leave_out(number: int, file: str, staging: Staging) -> None:
    """Each pupil once. One INE on two pupils leaves both out: which is right only the school knows."""
    disputed = staging.all(
        "SELECT ine FROM pupil WHERE file = ? AND ine IS NOT NULL GROUP BY ine HAVING count(*) > 1 ORDER BY ine", number
    )
    for (ine,) in disputed:
        found = _pupils(staging, "ine = ?", number, ine)
        if len({(row.identity, row.school_key) for _, row in found}) > 1:
            _leave_out_disputed(number, file, staging, found)
    same = "SELECT family, first, birth FROM pupil WHERE file = ? AND key IS NULL GROUP BY 1, 2, 3 HAVING count(*) > 1"
    for identity in staging.all(same, number):
        found = _pupils(staging, "family = ? AND first = ? AND birth = ?", number, *identity)
        _merge(number, file, staging, found)


def _pupils(staging: Staging, condition: str, *values: object) -> Found:
    query = f"SELECT place, row FROM pupil WHERE file = ? AND {condition} ORDER BY place"  # noqa: S608 - ours
    return [(place, unpack(content, PupilRow)) for place, content in staging.all(query, *values)]


def _leave_out_disputed(number: int, file: str, staging: Staging, found: Found) -> None:
    (_, first), *_others = found
    is_xml = first.school_key is not None
    column, element = ("", "INE_RNIE") if is_xml else ("INE", "")
    for place, row in found:
        staging.execute("DELETE FROM pupil WHERE place = ?", place)
        staging.spare(number, "pupil", family=row.family_name, first=row.first_name, key=row.school_key)
        if row is not first:
            ine = row.ine or ""
            defect = Defect("row_duplicate_ine", file, row.line, first.line, column=column, element=element, value=ine)
            staging.report(number, defect)


def _merge(number: int, file: str, staging: Staging, found: Found) -> None:
    """The first line stays, with the INE of a later one; two INE are two pupils of one name born on one day."""
    kept: Found = []
    for place, row in found:
        same = next((other for other in kept if not (other[1].ine and row.ine and other[1].ine != row.ine)), None)
        if same is None:
            kept.append((place, row))
            continue
        staging.report(number, Defect("row_duplicate_pupil", file, line=row.line, first_line=same[1].line))
        staging.execute("DELETE FROM pupil WHERE place = ?", place)
        if row.ine and not same[1].ine:
            same[1].ine = row.ine
            staging.execute("UPDATE pupil SET ine = ?, row = ? WHERE place = ?", row.ine, pack(same[1]), same[0])
