"""What both relying parties read from their TOML file. A wrong or unknown key stops the start, by name."""

from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ConfigurationError(Exception):
    """The file says something that these programs cannot run with."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class Listen(Section, frozen=True, kw_only=True):
    """Where the program answers."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)]


class ProviderConfig(Section, frozen=True, kw_only=True):
    """The identity provider, and who we are to it."""

    issuer: str
    client_id: Annotated[str, Meta(min_length=1)]
    client_secret: Annotated[str, Meta(min_length=1)]
    token_endpoint_auth_method: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    id_token_signed_response_alg: Literal["RS256", "PS256", "ES256", "EdDSA"] = "RS256"
    """The one algorithm taken for ID tokens, whatever their header says (RFC 8725 §3.1)."""


class Config(Section, frozen=True, kw_only=True):
    """A relying party's file."""

    base_url: str
    """Our own origin, without a trailing slash: `http://127.0.0.1:8001`."""
    database: str
    """Our own SQLite file; a relative path starts at the folder of this configuration file."""
    listen: Listen
    provider: ProviderConfig
    session_minutes: Annotated[int, Meta(ge=1, le=720)] = 60
    contact: str = ""
    """One line in the footer: who helps, when and how."""


AnyConfig = TypeVar("AnyConfig", bound=Config)


def load(path: Path, kind: type[AnyConfig]) -> AnyConfig:
    """Read and check the file. Raises ConfigurationError with the file's name and the wrong key."""
    try:
        config = msgspec.toml.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    check_origin(path, "base_url", config.base_url)
    check_address(path, "provider.issuer", config.provider.issuer)
    return msgspec.structs.replace(config, database=str(path.parent.absolute() / config.database))


def is_secure(url: str) -> bool:
    """https, or plain http on one's own machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def check_address(path: Path, key: str, url: str) -> None:
    """Raise ConfigurationError unless `url` is https, or http on this machine."""
    if not is_secure(url):
        raise ConfigurationError(f"{path}: {key} must be an https address (http on 127.0.0.1 only)")


def check_origin(path: Path, key: str, url: str) -> None:
    """Raise ConfigurationError unless `url` is a bare origin: no path, query or fragment."""
    check_address(path, key, url)
    parts = urlsplit(url)
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ConfigurationError(f"{path}: {key} must be an origin, without a path or trailing slash")
