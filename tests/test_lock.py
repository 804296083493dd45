"""What is installed is what the lock file says, from whatever index."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_the_lock_file_holds_no_address():
    """A trap of uv: an index of this machine in the lock file, which no other machine reaches."""
    assert not re.findall(r"https?://|--index|--find-links", LOCK)


def test_every_package_is_pinned_with_its_hashes():
    packages = re.split(r"\n(?=\S)", LOCK.strip())

    assert not [package for package in packages if "==" not in package or "--hash=sha256:" not in package]


def test_every_dependency_is_in_the_lock_file():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *(name for group in project["dependency-groups"].values() for name in group),
    ]

    pinned = set(re.findall(r"^([a-z0-9-]+)==", LOCK, re.MULTILINE))
    assert {re.match(r"[\w-]+", name)[0].lower().replace("_", "-") for name in asked} <= pinned
