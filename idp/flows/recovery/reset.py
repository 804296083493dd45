"""A new password by a proof: a link from a mail, or a code by SMS. Nothing here tells whose account it is."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from idp import audit, clock
from idp.accounts import links
from idp.accounts.errors import LinkExpired
from idp.accounts.login import lift_lock
from idp.accounts.models import MAY_LOG_IN, Account
from idp.db import db
from idp.flows import credentials, recovery
from idp.flows.errors import ProofExpired
from idp.flows.models import Flow
from idp.settings import Recovery


@dataclass(frozen=True)
class Proof:
    """What opens the way to a new password of one account; `by` is mail, sms or upstream."""

    account: Account
    by: str
    digest: bytes = b""
    """The link's, when it is one."""


def state_digest(account: Account) -> str:
    """What a proof is bound to: a password that changes meanwhile kills it."""
    return hashlib.sha256((account.password_hash or "").encode()).hexdigest()


def keep_proof(flow: Flow, account: Account, by: str, *, minutes: int) -> None:
    """A code (`sms`) or a login upstream proved who it is: a new password may be set for so many minutes."""
    ends_at = clock.now() + dt.timedelta(minutes=minutes)
    proof = {
        "account_id": account.id,
        "by": by,
        "bound_to": state_digest(account),
        "ends_at": clock.to_milliseconds(ends_at),
    }
    recovery.write(flow, sms=None, proof=proof, link=None)


def keep_link(flow: Flow, token: str) -> None:
    """Put a link into a flow of this browser, as its digest. Uses nothing up, and tells nothing."""
    recovery.write(flow, link=links.digest_of(token).hex(), proof=None)


def offer(flow: Flow, account: Account, settings: Recovery) -> None:
    """A link without a mail, for somebody who has just proved the account's address by another one."""
    keep_link(flow, links.make(account, "reset_password", life=dt.timedelta(minutes=settings.link_minutes)))


def proof_of(flow: Flow, *, for_update: bool = False) -> Proof | None:
    """The flow's live proof. Changes nothing; `for_update` holds the account of a code's proof meanwhile."""
    state = recovery.state_of(flow)
    if "link" in state:
        link = links.find(bytes.fromhex(state["link"]), "reset_password")
        return Proof(db.session.get_one(Account, link.account_id), "mail", link.digest) if link else None
    kept = state.get("proof")
    if not kept or clock.from_milliseconds(kept["ends_at"]) <= clock.now():
        return None
    account = db.session.get_one(Account, kept["account_id"], populate_existing=True, with_for_update=for_update)
    if account.state not in MAY_LOG_IN or not secrets.compare_digest(kept["bound_to"], state_digest(account)):
        return None
    return Proof(account, kept["by"])


def set_password(flow: Flow, password_hash: str, dropped: Collection[str], language: str) -> Account:
    """Use the proof up: new password, every session ended, the lock lifted, the owner told; one transaction.

    `dropped` names other accesses that the owner takes away (`credentials.Access.key`). Raises ProofExpired: of two
    requests with one proof, one gets it.
    """
    proof = proof_of(flow, for_update=True)
    if proof is None:
        raise ProofExpired
    if proof.digest:
        try:
            links.use(proof.digest, "reset_password")
        except LinkExpired:
            raise ProofExpired from None
    account = proof.account
    credentials.change_password(account, password_hash, language=language)
    for access in credentials.accesses(account, but=proof.by):
        if access.key in dropped:
            credentials.drop(account, access)
    lift_lock(account.id)
    audit.record("recovery.password_reset", account_id=account.id, by=proof.by)
    recovery.write(flow, link=None, proof=None, sms=None, mail=None)
    return account
