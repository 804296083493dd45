"""Finds a browser for the tests, or installs one; run by `make test`. Its path is kept in .venv/browser.

In this order: an installed Chromium or Chrome, Playwright's own, the system's packages, npm's @sparticuz/chromium.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".venv" / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def installed() -> str | None:
    """The path of a browser that is on the machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def from_playwright() -> str | None:
    """Playwright's own build, where its address can be reached."""
    if not _run([sys.executable, "-m", "playwright", "install", "chromium"]):
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def from_packages() -> str | None:
    """The system's package manager; needs the right to install."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for tool, commands in {
        "apt-get": (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]),
        "dnf": (["dnf", "install", "-y", "-q", "chromium"],),
        "apk": (["apk", "add", "--quiet", "chromium"],),
    }.items():
        if shutil.which(tool) and all(_run([*prefix, *command]) for command in commands):
            return installed()
    return None


def from_npm() -> str | None:
    """The npm package that carries a compressed Chromium."""
    folder = ROOT / ".venv" / "npm-browser"
    folder.mkdir(parents=True, exist_ok=True)
    script = "import('@sparticuz/chromium').then(async (m) => console.log(await m.default.executablePath()))"
    if not shutil.which("npm") or not _run(
        ["npm", "install", "--silent", "--prefix", str(folder), "@sparticuz/chromium"]
    ):
        return None
    done = subprocess.run(["node", "-e", script], cwd=folder, capture_output=True, text=True, check=False)
    path = done.stdout.strip()
    return path if path and Path(path).exists() else None


def _run(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


WAYS: tuple[tuple[str, Callable[[], str | None]], ...] = (
    ("an installed Chromium or Chrome", installed),
    ("playwright install chromium", from_playwright),
    ("the system's package manager", from_packages),
    ("the npm package @sparticuz/chromium", from_npm),
)


def main() -> None:
    """Keep the path of the first browser that a way gives; exit 1 when none does."""
    if KEPT.exists() and Path(KEPT.read_text()).exists():
        return
    for name, way in WAYS:
        print(f"Looking for a browser: {name}…", flush=True)
        if path := way():
            KEPT.write_text(path)
            print(f"The tests use {path}", flush=True)
            return
    raise SystemExit("No browser could be found or installed: install Chromium and run this again.")


if __name__ == "__main__":
    main()
