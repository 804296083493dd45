"""Letters by class or family, as one PDF with passwords: the second factor comes again, nothing keeps the file."""

from collections.abc import Sequence

from flask import Response, request
from flask_babel import gettext as _

from idp import audit
from idp.accounts.letters import printing, recipients
from idp.db import db
from idp.flows.school_head import families
from idp.staff import borders
from idp.web import security
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, staff


@pages.route("/ecoles/<uai>/courriers", methods=["GET", "POST"])
@opened_to("school_head", border=borders.school, confirmed=True)
def letters(uai: str) -> Answer:
    """Choose the class; the answer is the PDF."""
    if request.method == "GET":
        return _page(uai)
    class_label, again = request.form.get("classe", "")[:100], request.form.get("tous") == "1"
    ids = recipients.find(uai=uai, class_label=class_label, without_letter=not again)
    size = security.settings().letters.per_file
    part = request.form.get("partie", "1")
    start = (int(part) - 1) * size if again and part.isascii() and part.isdecimal() and 0 < len(part) < 6 else 0
    return _print(uai, ids[max(start, 0) :][:size]) or _nobody(uai)


@pages.post("/ecoles/<uai>/familles/<responsable_id>/courrier")
@opened_to("school_head", border=borders.responsable, confirmed=True)
def families_letter(uai: str, responsable_id: str) -> Answer:
    """One letter."""
    return _print(uai, recipients.find(uai=uai, responsable_id=responsable_id)) or _nobody(uai)


def _page(uai: str, *, nobody: bool = False) -> str:
    waiting = {label: len(recipients.find(uai=uai, class_label=label)) for label in families.classes(uai)}
    fresh = {label: len(recipients.find(uai=uai, class_label=label, without_letter=True)) for label in waiting}
    total = len(recipients.find(uai=uai))
    size = security.settings().letters.per_file
    return show(
        "school_head/letters",
        uai=uai,
        waiting=waiting,
        fresh=fresh,
        total=total,
        size=size,
        parts=range(1, -(-total // size) + 1),
        days=security.settings().letters.valid_days,
        nobody=nobody,
    )


def _nobody(uai: str) -> Answer:
    return _page(uai, nobody=True), 422


def _print(uai: str, ids: Sequence[str]) -> Response | None:
    """The PDF, put in force; None when there is nobody to write to."""
    db.session.commit()
    kept: list[bytes] = []
    count = printing.print_letters(ids, security.settings(), kept.append, printed_by=staff().by) if ids else 0
    if not count:
        return None
    audit.record("staff.letters_printed", by=staff().by, uai=uai, count=count)
    db.session.commit()
    answer = Response(kept[0], mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_("courriers")}-{uai}.pdf"'
    return answer
