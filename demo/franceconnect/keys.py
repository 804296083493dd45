"""Signing keys in the data folder: one ES256 and one RS256 sign, older ones stay published until they retire."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, KeyParameters, RSAKey

Key = ECKey | RSAKey
KIND = {"ES256": "EC", "RS256": "RSA"}


@dataclass(frozen=True, slots=True)
class KeyRing:
    """`signing` by algorithm; `published` is everything in the key set."""

    signing: dict[str, Key]
    published: list[Key]

    def jwks(self) -> dict[str, Any]:
        """Public members alone."""
        return {"keys": [key.as_dict(private=False) for key in self.published]}

    def find(self, kid: str) -> Key | None:
        return next((key for key in self.published if key.kid == kid), None)


class Keys:
    """The key file, read again when it changes, so that `rotate` works beside a running simulator."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "keys.json"
        self._read_at = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        if not self._file.exists():
            self._write([_generate(alg) for alg in KIND])
        self._ring = self.ring()

    def ring(self) -> KeyRing:
        """The keys now."""
        changed_at = self._file.stat().st_mtime_ns
        if changed_at != self._read_at:
            keys = [_import(entry) for entry in json.loads(self._file.read_text())]
            signing = {alg: next(key for key in keys if key.alg == alg) for alg in KIND}
            self._ring, self._read_at = KeyRing(signing, keys), changed_at
        return self._ring

    def rotate(self, *, hard: bool = False) -> None:
        """Sign with new keys; the old ones stay beside them, or are gone at once when `hard`."""
        old = [] if hard else self.ring().published
        self._write([*(_generate(alg) for alg in KIND), *(key.as_dict(private=True) for key in old)])

    def retire(self) -> None:
        """Publish the signing keys alone."""
        self._write([key.as_dict(private=True) for key in self.ring().signing.values()])

    def _write(self, keys: list[dict[str, Any]]) -> None:
        draft = self._file.with_suffix(f".{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(keys))
        draft.rename(self._file)


def _generate(alg: str) -> dict[str, Any]:
    parameters: KeyParameters = {"kid": secrets.token_hex(8), "alg": alg, "use": "sig"}
    key: Key = ECKey.generate_key("P-256", parameters) if alg == "ES256" else RSAKey.generate_key(2048, parameters)
    return key.as_dict(private=True)


def _import(entry: dict[str, Any]) -> Key:
    return ECKey.import_key(entry) if entry["kty"] == "EC" else RSAKey.import_key(entry)
