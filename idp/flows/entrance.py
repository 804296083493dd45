"""A login by password at which nothing more is asked: one transaction on the hot path (PERFORMANCE rules 7 and 8).

Most logins are of this kind. Whatever else an account may ask for is looked at step by step, in the pages.
"""

from functools import cache

from sqlalchemy import and_, bindparam, insert, or_

from idp import audit, clock, metrics
from idp.accounts import login, sessions
from idp.accounts.models import LIVE, Account, Session
from idp.db.hot import Compile, HotPath, places, values
from idp.flows import service
from idp.settings import Sessions

EVENT = "login.succeeded"


class Statements:
    """SQL text for this database."""

    def __init__(self, compile: Compile) -> None:
        unchanged = Account.password_hash == bindparam("v_password_hash")
        usable = and_(Account.email_verified_at.is_not(None), Account.email_bounced_at.is_(None))
        asks_nothing = (LIVE, Account.new_password_due_at.is_(None), or_(Account.email.is_(None), usable))
        note = login.NOTE_LOGIN.values(language=bindparam("v_language")).where(unchanged, *asks_nothing)
        self.note = compile(note.returning(Account.id))
        self.forget_tries = compile(login.FORGET_TRIES)
        self.open = compile(insert(Session).values(places(Session.__table__.columns.keys())))
        self.end_flow = compile(service.END)
        self.record = compile(audit.LINE)


compiled = cache(Statements)


def open(
    passed: login.Passed, flow_id: str, hot: HotPath, settings: Sessions, *, language: str, user_agent: str
) -> str | None:
    """The cookie of a new session with which the flow has reached the account.

    None, and nothing is written, when the account asks for more: its state, another password by now or soon, an
    address to be proved (`login.accept` tells which).
    """
    if passed.fresh_hash:
        return None
    sql, now, account_id = compiled(hot.compile), clock.milliseconds(), passed.account_id
    cookie, session = sessions.new(account_id, settings, user_agent=user_agent)
    noted = {"v_id": account_id, "v_now": now, "v_language": language, "v_password_hash": passed.password_hash}
    line = audit.as_row(EVENT, now, account_id=account_id, client_id=None, ids={})
    row = hot.together(
        [
            (sql.note, noted),
            (sql.forget_tries, {"v_target": passed.target}),
            (sql.open, values(session)),
            (sql.end_flow, {"v_id": flow_id, "v_account_id": account_id, "v_now": now}),
            (sql.record, values(line)),
        ]
    )
    if row is None:
        return None
    metrics.count_act(EVENT)
    return cookie
