"""Keys are files of mode 600 in one folder: signing keys next (published), current (signs), retired (still published).

A key's file is `ALG.KID.STATE.pem`; a retired one's is `ALG.KID.retired-UNTIL.pem` (seconds since 1970). Keys to which
clients encrypt request objects have no next: the current one is published, a retired one only opens.
Every process reads the folder again within a minute, so that nothing restarts to rotate (ARCHITECTURE, decision 6).
"""

import os
import re
import secrets
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from idp.audit import signing as audit_signing
from idp.errors import ConfigurationError
from idp.oidc.jwe import DecryptionKey
from idp.oidc.jwt import SIGNING_ALGORITHMS, PrivateKey, SigningKey
from idp.oidc.seal import Sealer
from idp.settings import Tokens

SECRETS = ("sealing", "pairwise")
ENCRYPTION_ALGORITHMS = ("RSA-OAEP-256", "ECDH-ES")
STATES = {
    **dict.fromkeys(SIGNING_ALGORITHMS, ("current", "next")),
    **dict.fromkeys(ENCRYPTION_ALGORITHMS, ("current",)),
}
"""The states in which each algorithm must have a key."""

USUAL = tuple(alg for alg in STATES if alg != "EdDSA")
"""What rotates unless it is said: the OpenID Foundation's suite takes a new Ed25519 key for a fault."""
MARGIN_SECONDS = 3600
"""A retired key stays published that long after the last token it signed ended: relying parties cache the JWKS."""


def published_seconds(tokens: Tokens) -> int:
    """How long a retired key stays published."""
    return max(tokens.id_token_seconds, tokens.access_token_seconds) + MARGIN_SECONDS


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key's file; `until` is when a retired key leaves the JWKS, in seconds since 1970."""

    path: Path
    alg: str
    kid: str
    state: str
    until: int


@dataclass(frozen=True, slots=True)
class KeySet:
    """All keys as read at one instant."""

    sealer: Sealer
    pairwise: bytes
    current: Mapping[str, SigningKey]
    others: Sequence[tuple[SigningKey, int]]
    """Next keys (until 0) and retired ones."""
    decrypting: Sequence[DecryptionKey] = ()
    """Encryption keys that open what clients sent; the first of each algorithm is published."""

    def published(self, now: int) -> list[dict[str, Any]]:
        """The JWKS at that instant (seconds)."""
        others = [key for key, until in self.others if not until or until > now]
        encryption = {key.alg: key.public_jwk for key in reversed(self.decrypting)}
        return [*(key.public_jwk for key in (*self.current.values(), *others)), *encryption.values()]

    def published_until(self, now: int) -> int:
        """When the JWKS changes next by itself (seconds); 0 when only a new file changes it."""
        return min((until for _, until in self.others if until > now), default=0)

    def verifying(self) -> list[dict[str, Any]]:
        """Public keys of all that we ever signed with and still hold, for `id_token_hint`."""
        return [key.public_jwk for key in (*self.current.values(), *(key for key, _ in self.others))]


WHOLE_SECRET = re.compile(r"[0-9a-f]{64}")
"""256 random bits; anything shorter could be guessed (ATTACKS 76)."""


def list_files(directory: Path) -> list[KeyFile]:
    """The keys of the folder, in the order of their names."""
    files = []
    for path in sorted(directory.glob("*.*.*.pem")):
        alg, kid, state, _ = path.name.split(".")
        if alg not in STATES:
            continue
        state, _, until = state.partition("-")
        files.append(KeyFile(path, alg, kid, state, int(until) if until.isdecimal() else 0))
    return files


def generate(directory: Path) -> list[Path]:
    """Make what is missing: secrets, and a key of each algorithm in each of its states. Gives the files made."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    for name in SECRETS:
        path = directory / f"{name}.key"
        if not path.exists():
            made.append(_write(path, secrets.token_hex(32).encode()))
    states = {(file.alg, file.state) for file in list_files(directory)}
    for alg, wanted in STATES.items():
        for state in wanted:
            if (alg, state) not in states:
                made.append(_generate_key(directory, alg, state))
    return [*made, *audit_signing.generate(directory)]


def rotate(directory: Path, *, now: int, keep_seconds: int, algorithms: Collection[str] = tuple(STATES)) -> None:
    """next becomes current, current retires and stays published for `keep_seconds`, a new next is published.

    Retired keys are kept a year beyond, to recognise old `id_token_hint` values, then removed.
    """
    files = [file for file in list_files(directory) if file.alg in algorithms]
    for alg in SIGNING_ALGORITHMS:
        if alg in algorithms and not any(file.alg == alg and file.state == "next" for file in files):
            raise ConfigurationError([f"keys.directory: no next {alg} key in {directory}: run `idp keys generate`"])
    for file in files:
        if file.state == "current":
            file.path.rename(directory / f"{file.alg}.{file.kid}.retired-{now + keep_seconds}.pem")
        elif file.state == "retired" and file.until < now - 365 * 86_400:
            file.path.unlink()
    for file in files:
        if file.state == "next":
            file.path.rename(directory / f"{file.alg}.{file.kid}.current.pem")
    generate(directory)


def revoke(directory: Path, kid: str) -> None:
    """Take a key away at once: what it signed is verified no more. A current one is followed by the next.

    Raises ConfigurationError when there is no such key, or no next one to follow.
    """
    file = next((file for file in list_files(directory) if file.kid == kid), None)
    if file is None:
        raise ConfigurationError([f"keys.directory: no key {kid} in {directory}"])
    if file.state == "current" and file.alg in SIGNING_ALGORITHMS:
        follower = next((one for one in list_files(directory) if one.alg == file.alg and one.state == "next"), None)
        if follower is None:
            raise ConfigurationError(
                [f"keys.directory: no next {file.alg} key in {directory}: run `idp keys generate`"]
            )
        follower.path.rename(directory / f"{file.alg}.{follower.kid}.current.pem")
    file.path.unlink()
    generate(directory)


def _generate_key(directory: Path, alg: str, state: str) -> Path:
    key: PrivateKey
    if alg in ("RS256", "PS256", "RSA-OAEP-256"):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    elif alg == "EdDSA":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return _write(directory / f"{alg}.{secrets.token_hex(8)}.{state}.pem", pem)


def _write(path: Path, content: bytes) -> Path:
    audit_signing.write_private(path, content)
    return path


def problems(directory: Path) -> list[str]:
    """What keeps the keys from being used, each with what to do; empty when all is well."""
    files = [*(directory / f"{name}.key" for name in SECRETS), directory / audit_signing.KEY_FILE]
    found = [f"keys.directory: {path} is missing: run `idp keys generate`" for path in files if not path.exists()]
    listed = list_files(directory)
    for alg in STATES:
        if not any(file.alg == alg and file.state == "current" for file in listed):
            found.append(f"keys.directory: no current {alg} key in {directory}: run `idp keys generate`")
    for path in (*files, *(file.path for file in listed)):
        if path.exists() and path.stat().st_mode & 0o077:
            found.append(f"keys.directory: {path} is readable by others: run `chmod 600 {path}`")
    for name in SECRETS:
        path = directory / f"{name}.key"
        if path.exists() and not WHOLE_SECRET.fullmatch(path.read_text().strip()):
            found.append(f"keys.directory: {path} is too short or no key: bring the one of before back, or delete it")
    return found


def load(directory: Path) -> KeySet:
    """Read the folder. Raises ConfigurationError with every problem."""
    if found := problems(directory):
        raise ConfigurationError(found)
    current: dict[str, SigningKey] = {}
    others: list[tuple[SigningKey, int]] = []
    decrypting: list[DecryptionKey] = []
    for file in sorted(list_files(directory), key=lambda file: file.state):  # current, next, retired
        key = _load_key(file)
        if isinstance(key, DecryptionKey):
            decrypting.append(key)
        elif file.state == "current":
            current[file.alg] = key
        else:
            others.append((key, file.until))
    sealing, pairwise = (bytes.fromhex((directory / f"{name}.key").read_text().strip()) for name in SECRETS)
    return KeySet(Sealer([sealing]), pairwise, current, others, decrypting)


def _load_key(file: KeyFile) -> SigningKey | DecryptionKey:
    private_key = serialization.load_pem_private_key(file.path.read_bytes(), None)
    try:
        if file.alg in ENCRYPTION_ALGORITHMS and isinstance(
            private_key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
        ):
            return DecryptionKey(file.kid, private_key)
        if file.alg in SIGNING_ALGORITHMS and isinstance(private_key, PrivateKey):
            return SigningKey(file.kid, private_key, file.alg)
    except ValueError:
        pass
    raise ConfigurationError([f"keys.directory: {file.path} holds no key for {file.alg}"])


class KeyStore:
    """The keys, read at first use and again every `reload_seconds`; a broken folder keeps the last good set."""

    def __init__(self, directory: str, reload_seconds: int) -> None:
        self._directory = Path(directory)
        self._reload_seconds = reload_seconds
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._seen: list[tuple[str, int, int]] = []
        self._read_at = 0.0

    def get(self) -> KeySet:
        """The keys now. Raises ConfigurationError when there never were good ones."""
        keys = self._keys
        if keys is None or time.monotonic() - self._read_at > self._reload_seconds:
            return self.reload()
        return keys

    def reload(self) -> KeySet:
        """Look at the folder now; the key set stays the same object while no file changed."""
        with self._lock:
            seen = _snapshot(self._directory)
            if self._keys is None or seen != self._seen:
                try:
                    self._keys = load(self._directory)
                    self._seen = seen
                except (ConfigurationError, FileNotFoundError):
                    if self._keys is None:
                        raise
            self._read_at = time.monotonic()
            return self._keys


def _snapshot(directory: Path) -> list[tuple[str, int, int]]:
    """Name, change and mode of each key's file: what tells one state of the folder from another."""
    try:
        with os.scandir(directory) as entries:
            found = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith((".key", ".pem"))]
    except FileNotFoundError:
        return []
    return sorted((name, stat.st_mtime_ns, stat.st_mode) for name, stat in found)
