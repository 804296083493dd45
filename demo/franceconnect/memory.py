"""What the simulator remembers while it runs: browser sessions, requests under way, codes, access tokens, a journal."""

import secrets
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from demo.franceconnect.clock import Clock
from demo.franceconnect.config import Client
from demo.franceconnect.identities import Identity

SESSION_SECONDS = 30 * 60
"""A browser session ends after that long without an action; a request under way too."""
CODE_SECONDS = 30
TOKEN_SECONDS = 60


@dataclass(slots=True)
class Session:
    """A browser that signed in: the same person is recognised at the next service."""

    id: str
    identity: Identity
    auth_time: float
    seen_at: float


@dataclass(slots=True)
class Interaction:
    """An authorization request that a person is answering."""

    id: str
    client: Client
    redirect_uri: str
    state: str
    nonce: str
    acr: str
    scopes: frozenset[str]
    amr: bool
    began_at: float
    identity: Identity | None = None


@dataclass(slots=True)
class Code:
    """An authorization code, and the access token that its first use gave."""

    interaction: Interaction
    session: Session
    made_at: float
    access_token: str = ""


@dataclass(slots=True)
class AccessToken:
    """An access token for userinfo."""

    code: Code
    made_at: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A request as it came, for the journal."""

    at: float
    method: str
    path: str
    parameters: dict[str, list[str]]
    authorization: str


@dataclass
class Memory:
    """Everything, under one lock; lost when the program ends."""

    clock: Clock
    lock: threading.RLock = field(default_factory=threading.RLock)
    sessions: dict[str, Session] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, AccessToken] = field(default_factory=dict)
    journal: deque[Entry] = field(default_factory=lambda: deque(maxlen=1000))

    def session(self, session_id: str) -> Session | None:
        """The live session; asking for it is an action that lengthens it."""
        with self.lock:
            found = self.sessions.get(session_id)
            now = self.clock.now()
            if found is None or now - found.seen_at > SESSION_SECONDS:
                self.sessions.pop(session_id, None)
                return None
            found.seen_at = now
            return found

    def sign_in(self, identity: Identity) -> Session:
        """Open a session."""
        now = self.clock.now()
        session = Session(secrets.token_urlsafe(32), identity, now, now)
        with self.lock:
            self.sessions[session.id] = session
        return session

    def begin(self, **request: Any) -> Interaction:
        """Remember a request under way."""
        interaction = Interaction(id=secrets.token_urlsafe(32), began_at=self.clock.now(), **request)
        with self.lock:
            self.interactions[interaction.id] = interaction
        return interaction

    def interaction(self, interaction_id: str) -> Interaction | None:
        """The request, if it began less than 30 minutes ago."""
        found = self.interactions.get(interaction_id)
        return found if found and self.clock.now() - found.began_at <= SESSION_SECONDS else None

    def issue_code(self, interaction: Interaction, session: Session) -> str:
        """A code for a request that its person agreed to; the request is over."""
        code = secrets.token_urlsafe(32)
        with self.lock:
            self.interactions.pop(interaction.id, None)
            self.codes[code] = Code(interaction, session, self.clock.now())
        return code

    def use_code(self, text: str) -> tuple[Code | None, bool]:
        """The code and whether this is its first use; a second one ends the access token that the first one got."""
        with self.lock:
            code = self.codes.get(text)
            if code is None:
                return None, False
            if code.access_token:
                self.tokens.pop(code.access_token, None)
                return code, False
            code.access_token = secrets.token_urlsafe(32)
            return code, True

    def issue_token(self, code: Code) -> str:
        with self.lock:
            self.tokens[code.access_token] = AccessToken(code, self.clock.now())
        return code.access_token

    def token(self, text: str) -> AccessToken | None:
        """The access token, if it is less than a minute old."""
        found = self.tokens.get(text)
        return found if found and self.clock.now() - found.made_at <= TOKEN_SECONDS else None
