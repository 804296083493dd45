"""An authorization request under examination, and what may be decided about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from idp.oidc import response_modes
from idp.oidc.errors import ProtocolError
from idp.oidc.request import Parameters
from idp.oidc.response_types import CODE, parse
from idp.provider.core import Provider, SessionView
from idp.relying_parties.cache import RelyingParty


@dataclass(frozen=True, slots=True)
class Resumed:
    """The browser comes back from the pages: what the flow saw."""

    account_id: str
    since: int
    """When the flow began, in milliseconds: a login since then is a re-authentication."""
    consented: bool = False
    pushed: str = ""
    """The pushed request that the flow serves (RFC 9126)."""


@dataclass(slots=True)
class Attempt:
    """What the checks found. A check may replace `parameters`: from then on only the new ones count."""

    provider: Provider
    parameters: Parameters
    now: int
    client: RelyingParty | None = None
    redirect_uri: str = ""
    response_type: frozenset[str] = CODE
    response_mode: str = ""
    scopes: tuple[str, ...] = ()
    prompts: frozenset[str] = field(default_factory=frozenset)
    max_age: int | None = None
    hinted_subject: str = ""
    essential_acr: tuple[str, ...] = ()
    claims: str = ""
    claim_scopes: tuple[str, ...] = ()
    """Scopes that hold the claims asked for one by one: the parent must agree to them too."""
    pushed: str = ""
    session_state: str = ""
    signed: bool = False

    @property
    def known_client(self) -> RelyingParty:
        """The client, once check_client found it."""
        assert self.client is not None
        return self.client

    @property
    def mode(self) -> str:
        """How the answer goes back; for a request refused before its mode was checked, as far as it can be told."""
        if not self.response_mode:
            response_type = parse(self.parameters.get("response_type"))
            self.response_mode = response_modes.choose_for_error(self.parameters.get("response_mode"), response_type)
        return self.response_mode


@dataclass(frozen=True, slots=True)
class Redirect:
    """Back to the client, with what it asked for or an error."""

    location: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class FormPost:
    """Back to the client by a form that the browser sends (Form Post Response Mode §2)."""

    action: str
    fields: Mapping[str, str]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The request as a journey must keep it: checked objects and pushed requests are resolved already."""

    parameters: Mapping[str, str]
    client_id: str
    pushed: str = ""


@dataclass(frozen=True, slots=True)
class LoginNeeded:
    """The parent must log in, or register when the request says so (`prompt=create`)."""

    asked: Asked
    register: bool = False


@dataclass(frozen=True, slots=True)
class ConsentNeeded:
    """The parent must agree to these scopes."""

    asked: Asked
    client: RelyingParty
    scopes: tuple[str, ...]
    session: SessionView


@dataclass(frozen=True, slots=True)
class Refused:
    """A page: nothing can be sent back to the client."""

    error: ProtocolError


Decision = Redirect | FormPost | LoginNeeded | ConsentNeeded | Refused
