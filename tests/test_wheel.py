"""What is installed is whole: the wheel brings pages, styles, texts and tables with it (decision 20)."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOGIN_PAGE = """
import idp
from idp.app import create_app
from idp.settings import load

browser = create_app(load()).test_client()
page = browser.get("/connexion", follow_redirects=True, headers={"Accept-Language": "en"})
sheet = browser.get("/static/idp.css")
print(idp.__file__, page.status_code, sheet.status_code, page.text)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with what is installed already."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "uv", "build", "--wheel", "--offline", "--no-build-isolation", "-o", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_login_page_is_rendered_by_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    python = _install(wheel, tmp_path / "venv")

    for command in (("keys", "generate"), ("migrate",)):
        _run(python, "-m", "idp", *command, cwd=tmp_path)
    said = _run(python, "-c", LOGIN_PAGE, cwd=tmp_path)

    package, status, sheet_status, page = said.split(maxsplit=3)
    assert Path(package).is_relative_to(tmp_path)
    assert (status, sheet_status) == ("200", "200")
    assert 'id="se-connecter">Log in</button>' in page


@pytest.mark.slow
def test_the_wheel_holds_every_template_and_static_file_and_no_test_or_key(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())

    wanted = {"idp/docs/errors.md"} | {
        f"idp/{file.relative_to(ROOT)}" for room in ("templates", "static") for file in (ROOT / room).rglob("*.*")
    }
    assert wanted <= held
    assert {name.split("/")[0] for name in held if ".dist-info/" not in name} == {"idp"}
    assert not [name for name in held if name.endswith(".pem") or "/tests/" in name]


def _install(wheel: Path, environment: Path) -> Path:
    """An empty environment with the wheel; the libraries are this one's, by a path whose own paths nobody follows."""
    _run(sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin" / "python"
    _run(sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--python", python, wheel)
    site = next(environment.glob("lib/python3.*/site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment["IDP_SERVER__DEMO"] = "true"
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
