"""Finds Kannel for the tests, or installs it with the system's package manager; run by `make test`.

Debian's packages `kannel` (bearerbox, smsbox) and `kannel-extras` (its fake SMSC). Where they can't be had, that is
told, and the tests of Kannel are left out by name.
"""

import os
import shutil
import subprocess
from pathlib import Path

PROGRAMS = {
    "bearerbox": ("/usr/sbin",),
    "smsbox": ("/usr/sbin",),
    "fakesmsc": ("/usr/lib/kannel/test", "/usr/lib/kannel", "/usr/sbin"),
}
PACKAGES = ("kannel", "kannel-extras")


def find(name: str) -> str | None:
    """The path of one of Kannel's programs, when it is installed."""
    places = [Path(folder) / name for folder in PROGRAMS[name]]
    return shutil.which(name) or next((str(place) for place in places if place.exists()), None)


def main() -> None:
    """Install what is missing."""
    if all(find(name) for name in PROGRAMS):
        return
    print("Installing Kannel, which the tests of SMS talk to…", flush=True)
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        try:
            subprocess.run([*prefix, "apt-get", "-qq", *command], env=environment, capture_output=True, check=False)
        except OSError:
            break
    if not all(find(name) for name in PROGRAMS):
        print(
            f"Kannel could not be installed: its tests are left out. Install {' and '.join(PACKAGES)} by hand.",
            flush=True,
        )


if __name__ == "__main__":
    main()
