"""Errors of the protocol, in the form of RFC 6749 §4.1.2.1 and §5.2."""


class ProtocolError(Exception):
    """A refusal told to a client: `code` and `description` are public ASCII English, `detail` is for the log alone."""

    def __init__(
        self,
        code: str,
        description: str = "",
        *,
        detail: str = "",
        status: int = 400,
        redirectable: bool = True,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.detail = detail
        self.status = status
        self.redirectable = redirectable
        self.headers = headers

    def as_json(self) -> dict[str, str]:
        """The body of RFC 6749 §5.2."""
        body = {"error": self.code}
        if self.description:
            body["error_description"] = self.description
        return body


def invalid_request(description: str, *, redirectable: bool = True) -> ProtocolError:
    """The request is malformed (RFC 6749 §4.1.2.1)."""
    return ProtocolError("invalid_request", description, redirectable=redirectable)


def invalid_client(detail: str = "") -> ProtocolError:
    """Client authentication failed: one answer for every cause (RFC 6749 §5.2)."""
    return ProtocolError("invalid_client", "client authentication failed", detail=detail, status=401)


def invalid_grant(detail: str = "") -> ProtocolError:
    """The code or refresh token is not good: one answer for every cause (RFC 6749 §5.2)."""
    return ProtocolError("invalid_grant", "the grant is invalid, expired or revoked", detail=detail)


def invalid_token(detail: str = "") -> ProtocolError:
    """The access token is not good (RFC 6750 §3.1)."""
    return ProtocolError("invalid_token", "the access token is invalid or expired", detail=detail, status=401)
