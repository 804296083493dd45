"""Installs what the examples stand on, relying parties of others, into .venv/real-clients; `make test` runs it.

npm's `openid-client` and `oidc-client-ts`, the Python library `idpyoidc` in an environment of its own, and, where there
is apt, Debian's Apache with `mod_auth_openidc`: downloaded and unpacked, never installed into the system. What cannot
be had is told, and its tests are left out by name.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
LOCK = EXAMPLES / "python" / "requirements.lock"
KEPT = ROOT / ".venv" / "real-clients"
NPM = KEPT / "npm"
PYTHON = KEPT / "python"
APACHE = KEPT / "apache"
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
PACKAGES = ("apache2-bin", "libapache2-mod-auth-openidc")


def from_npm() -> bool:
    """The packages of package-lock.json."""
    if not shutil.which("npm") or not shutil.which("node"):
        return False
    NPM.mkdir(parents=True, exist_ok=True)
    for name in NPM_FILES:
        shutil.copy(EXAMPLES / name, NPM / name)
    return _run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], NPM)


def from_python() -> bool:
    """The packages of requirements.lock, in an environment that does not see ours."""
    uv = str(ROOT / ".venv" / "bin" / "uv")
    environment = {"VIRTUAL_ENV": str(PYTHON)}
    return _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(PYTHON)], KEPT) and _run(
        [uv, "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK)], KEPT, environment
    )


def from_apt() -> bool:
    """Debian's packages and what they need that is not there, unpacked into a folder."""
    if not all(map(shutil.which, ("apt-get", "dpkg"))):
        return False
    shutil.rmtree(APACHE, ignore_errors=True)
    APACHE.mkdir(parents=True)
    if not _run(["apt-get", "download", *_wanted()], APACHE):
        _run(["apt-get", "update", "-qq"], APACHE)  # Works for root alone; a fresh machine has no lists.
        if not _run(["apt-get", "download", *_wanted()], APACHE):
            return False
    return all(_run(["dpkg", "-x", str(file), str(APACHE)], APACHE) for file in APACHE.glob("*.deb"))


def _wanted() -> list[str]:
    """The packages, and those that they need and the system has not."""
    command = ["apt-get", "-s", "install", "--no-install-recommends", *PACKAGES]
    plan = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return sorted({*PACKAGES, *(line.split()[1] for line in plan.splitlines() if line.startswith("Inst "))})


def _run(command: Sequence[str], folder: Path, more: dict[str, str] | None = None) -> bool:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        return (
            subprocess.run(command, cwd=folder, env={**os.environ, **(more or {})}, check=False, **quiet).returncode
            == 0
        )
    except OSError:
        return False


WAYS: dict[str, Callable[[], bool]] = {
    "openid-client and oidc-client-ts (npm)": from_npm,
    "idpyoidc (Python)": from_python,
    "mod_auth_openidc (Debian)": from_apt,
}


def main() -> None:
    """Install what is not there yet, or what another lock file installed; say what there is not."""
    KEPT.mkdir(parents=True, exist_ok=True)
    wanted = (EXAMPLES / "package-lock.json").read_text() + LOCK.read_text()
    mark = KEPT / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return
    print("Installing relying parties of others for the tests (once)…", flush=True)
    for name, way in WAYS.items():
        if not way():
            print(f"{name} cannot be had on this machine: its tests are left out.", flush=True)
    mark.write_text(wanted)


if __name__ == "__main__":
    main()
