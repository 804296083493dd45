"""Why a login did not happen. The words that the parent reads are in `templates/refused.html`."""


class LoginRefused(Exception):
    """A login that cannot be accepted. `reason` is for the log alone, `status` for the answer."""

    status = 400
    code = "connexion_refusee"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LoginInterrupted(LoginRefused):
    """Unknown, used or foreign `state`: the login started in another browser, or too long ago."""

    code = "connexion_interrompue"


class LoginDenied(LoginRefused):
    """The provider answered with an OAuth error (RFC 6749 §4.1.2.1)."""

    status = 403
    code = "connexion_annulee"


class BadRequest(LoginRefused):
    """A third party's login request that we do not follow (OIDC Core §4)."""

    code = "demande_incorrecte"


class ProviderUnavailable(LoginRefused):
    """The provider does not answer, or not as its specification says."""

    status = 503
    code = "service_indisponible"
