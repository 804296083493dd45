"""The README's commands work as they are written."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_each_idp_command_of_the_readme_works(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\.venv/bin/idp (.+)$", text, re.MULTILINE)
    settings = {"IDP_SERVER__DEMO": "true", "IDP_DATABASE__URL": f"sqlite:///{tmp_path}/idp.db"}
    environment = {**os.environ, **settings, "IDP_KEYS__DIRECTORY": str(tmp_path / "keys")}

    for command in commands:
        line = [sys.executable, "-m", "idp", *shlex.split(command)]
        done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"

    assert len(commands) == 5


def test_each_make_command_of_the_readme_is_a_target() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= set(targets)
