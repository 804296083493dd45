"""How much of a school an import would end at once: a cut file, or another school's, looks like that (ATTACKS 122)."""

from idp.registry.errors import MassEnding
from idp.registry.known import EnrolmentRecord
from idp.registry.pupil_plan import MOST_ENDED
from idp.registry.staging import Staging, unpack


def check(staging: Staging, uai: str) -> None:
    """Raises MassEnding when over a fifth of the school would end; called once all is matched.

    That is of its pupils, or a whole class of two or more; of the links to pupils who stay; or of the adults who would
    lose every child who stays. One adult alone may always be cut off. Who leaves with their children is no loss.
    """
    pupils, pupils_known, classes = _pupils(staging)
    adults_known, adults, touched, links_known, links = _adults(staging)
    many_pupils = classes or pupils > MOST_ENDED * pupils_known
    many_links = touched > 1 and (links > MOST_ENDED * links_known or adults > MOST_ENDED * adults_known)
    if many_pupils or many_links:
        raise MassEnding(
            uai=uai,
            ended=pupils,
            known=pupils_known,
            classes=classes,
            adults_ended=adults,
            adults_known=adults_known,
            links_ended=links,
            links_known=links_known,
        )


def _pupils(staging: Staging) -> tuple[int, int, list[str]]:
    """How many pupils would end, of how many, and the classes that would lose all of theirs."""
    classes: dict[str, list[int]] = {}
    for content, current in staging.execute("SELECT enrolment, current FROM known_pupil WHERE ended = 0"):
        counts = classes.setdefault(unpack(content, EnrolmentRecord).class_code, [0, 0])
        counts[0] += 1
        counts[1] += not current
    known, ended = (sum(counts[of] for counts in classes.values()) for of in (0, 1))
    return ended, known, sorted(code for code, (size, gone) in classes.items() if gone == size >= 2)


def _adults(staging: Staging) -> tuple[int, ...]:
    """Of adults linked to pupils who stay: how many, who would lose all of these, who one or more; links, and lost."""
    by_adult = (
        "SELECT count(*) had, count(*) - count(w.adult) lost FROM known_link l JOIN enrolled e ON e.pupil = l.pupil"
        " LEFT JOIN wanted w ON w.adult = l.adult AND w.pupil = l.pupil WHERE l.ended = 0 GROUP BY l.adult"
    )
    query = f"SELECT count(*), sum(lost = had), sum(lost > 0), sum(had), sum(lost) FROM ({by_adult})"  # noqa: S608 - ours
    return tuple(int(number or 0) for number in staging.all(query)[0])
