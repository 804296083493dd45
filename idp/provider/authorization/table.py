"""The table: each rule of an authorization request, in its order, and who runs it (STYLE §3)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto

from idp.provider.authorization.attempt import Attempt
from idp.provider.authorization.claims import check_claims
from idp.provider.authorization.client import check_client, check_defects, check_redirect_uri, check_registration
from idp.provider.authorization.login import check_id_token_hint, check_max_age, check_prompt
from idp.provider.authorization.pushed import check_dpop_jkt, check_pushed, load_pushed_request
from idp.provider.authorization.request_object import check_signed, load_request_object, load_request_uri
from idp.provider.authorization.response_type import (
    check_nonce,
    check_pkce,
    check_response_mode,
    check_response_type,
)
from idp.provider.authorization.scope import check_resource, check_scope


class Runs(Flag):
    """Who runs a check."""

    AUTHORIZATION = auto()
    RESUMED = auto()
    """The authorization endpoint again, after the pages: objects and pushed requests are resolved already."""
    PAR = auto()


ALL = Runs.AUTHORIZATION | Runs.RESUMED | Runs.PAR


@dataclass(frozen=True, slots=True)
class Check:
    """One rule and who runs it."""

    run: Callable[[Attempt], None]
    runs: Runs = ALL


CHECKS = (
    Check(check_client, Runs.AUTHORIZATION | Runs.RESUMED),  # at PAR the client has authenticated
    Check(load_pushed_request, Runs.AUTHORIZATION),
    Check(load_request_uri, Runs.AUTHORIZATION),
    Check(load_request_object, Runs.AUTHORIZATION | Runs.PAR),
    Check(check_redirect_uri),
    Check(check_defects),
    Check(check_pushed, Runs.AUTHORIZATION),
    Check(check_signed, Runs.AUTHORIZATION | Runs.PAR),
    Check(check_registration),
    Check(check_response_type),
    Check(check_response_mode),
    Check(check_nonce),
    Check(check_pkce),
    Check(check_dpop_jkt),
    Check(check_scope),
    Check(check_resource),
    Check(check_claims),
    Check(check_prompt),
    Check(check_max_age),
    Check(check_id_token_hint),
)

_BY_RUNNER = {runner: tuple(check.run for check in CHECKS if runner in check.runs) for runner in Runs}


def examine(attempt: Attempt, runner: Runs) -> None:
    """Run that runner's checks. Raises ProtocolError."""
    for check in _BY_RUNNER[runner]:
        check(attempt)
