"""The program as people start it: one command, a control port, keys that rotate beside it, an end by SIGTERM."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.franceconnect.faults import NAMES
from tests.franceconnect_simulator.conftest import write_config
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
README = (ROOT / "demo/franceconnect/README.md").read_text(encoding="utf-8")


class Program:
    """A running simulator."""

    def __init__(self, folder: Path) -> None:
        self.port, self.control_port = free_port(), free_port()
        self.issuer = f"http://127.0.0.1:{self.port}/api/v2"
        self.config = write_config(folder, self.issuer)
        self.process = subprocess.Popen(
            [*self.command(), "--control", str(self.control_port)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "demo.franceconnect", *words, "--config", str(self.config)]

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.issuer + path, trust_env=False, timeout=5)

    def control(self, method: str, path: str, body: Any = None) -> httpx.Response:
        url = f"http://127.0.0.1:{self.control_port}{path}"
        return httpx.request(method, url, content=json.dumps(body), headers=JSON, trust_env=False, timeout=5)


JSON = {"Content-Type": "application/json"}


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    started = Program(tmp_path)
    yield started
    started.process.terminate()
    started.process.wait(10)


@pytest.mark.slow
def test_it_says_where_it_answers_and_ends_on_sigterm(program: Program) -> None:
    assert program.issuer in program.first_line
    assert program.get("/jwks").status_code == 200

    program.process.send_signal(signal.SIGTERM)

    assert program.process.wait(10) == 0


@pytest.mark.slow
def test_the_control_port_sets_faults_moves_time_and_tells_what_came(program: Program) -> None:
    program.control("PUT", "/faults/jwks_500", {"times": 1})
    broken, mended = program.get("/jwks").status_code, program.get("/jwks").status_code
    program.get("/authorize?display=page")
    journal = program.control("GET", "/journal").json()

    assert (broken, mended) == (500, 200)
    assert journal[-1]["parameters"] == {"display": ["page"]}
    assert program.control("PUT", "/clock", {"offset": 60}).json() == {"offset": 60.0}
    assert program.control("PUT", "/faults/feu").status_code == 404
    assert program.control("PUT", "/clock", {"offset": "x"}).status_code == 400


@pytest.mark.slow
def test_down_closes_the_port_until_it_is_cleared(program: Program) -> None:
    program.control("PUT", "/faults/down")
    with pytest.raises(httpx.TransportError):
        program.get("/jwks")

    program.control("DELETE", "/faults/down")

    assert program.get("/jwks").status_code == 200


@pytest.mark.slow
def test_an_answer_can_be_held_back(program: Program) -> None:
    program.control("PUT", "/faults/slow_all", {"value": "30", "times": 1})

    with pytest.raises(httpx.ReadTimeout):
        httpx.get(program.issuer + "/jwks", trust_env=False, timeout=0.5)


@pytest.mark.slow
def test_keys_rotate_beside_the_running_program(program: Program) -> None:
    before = len(program.get("/jwks").json()["keys"])

    subprocess.run(program.command("rotate"), check=True, cwd=ROOT)
    rotated = len(program.get("/jwks").json()["keys"])
    subprocess.run(program.command("retire"), check=True, cwd=ROOT)

    assert (before, rotated, len(program.get("/jwks").json()["keys"])) == (2, 4, 2)


def test_a_file_that_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "fc.toml"
    file.write_text('issuer = "x"')

    done = subprocess.run(
        [sys.executable, "-m", "demo.franceconnect", "--config", str(file)], capture_output=True, text=True, cwd=ROOT
    )

    assert done.returncode == 1
    assert done.stdout == f"franceconnect: {file}: 'clients' is missing\n"


@pytest.mark.slow
def test_the_example_of_the_readme_starts(tmp_path: Path) -> None:
    """The one command, on a port that is free."""
    found = re.search(r"-m demo\.franceconnect --config (\S+) --control", README)
    assert found is not None
    example, port = ROOT / found.group(1), free_port()
    folder = tmp_path / "demo" / "franceconnect"
    folder.mkdir(parents=True)
    (tmp_path / "demo" / "samples").symlink_to(ROOT / "demo" / "samples")
    (folder / example.name).write_text(example.read_text().replace(":8003/", f":{port}/"))
    command = [sys.executable, "-m", "demo.franceconnect", "--config", str(folder / example.name)]

    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    assert process.stdout is not None
    assert f"http://127.0.0.1:{port}/api/v2" in process.stdout.readline()
    process.terminate()
    assert process.wait(10) == 0


def test_the_readme_tells_every_fault() -> None:
    assert [name for name in NAMES if f"`{name}`" not in README] == []
