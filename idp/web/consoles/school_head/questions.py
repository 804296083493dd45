"""What an import could not decide: the head answers once, and the answer holds for the files to come."""

from flask import request, url_for

from idp.db import db
from idp.registry import questions as service
from idp.registry.errors import AnswerUnknown, QuestionUnknown
from idp.staff import borders
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff


@pages.get("/ecoles/<uai>/questions")
@opened_to("school_head", border=borders.school)
def questions(uai: str) -> Answer:
    """All that wait."""
    return _page(uai)


@pages.post("/ecoles/<uai>/questions/<question_id>")
@opened_to("school_head", border=borders.question)
def questions_answer(uai: str, question_id: str) -> Answer:
    """One answer."""
    try:
        service.decide(question_id, request.form.get("reponse", "")[:64], uai=uai, by=staff().by)
    except (AnswerUnknown, QuestionUnknown):
        db.session.rollback()
        return _page(uai, unanswered=question_id), 422
    db.session.commit()
    return see_other(url_for("consoles.questions", uai=uai, fait="1"))


def _page(uai: str, unanswered: str = "") -> str:
    waiting = [(question, service.candidates_of(question)) for question in service.waiting(uai)]
    done = request.args.get("fait", "")
    return show("school_head/questions", uai=uai, waiting=waiting, unanswered=unanswered, done=done)
