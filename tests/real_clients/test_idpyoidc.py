"""The Python library `idpyoidc`, in an environment of its own."""

import json

import pytest

from tests.ports import free_port
from tests.real_clients.conftest import EXAMPLES, PYTHON, SECRET, log_in

pytestmark = pytest.mark.slow


@pytest.fixture
def service(provider, run, tmp_path):
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    provider.register("python", f"{here}/cb")
    command = [str(PYTHON / "bin" / "python"), str(EXAMPLES / "python" / "service.py")]
    program = run(command, ISSUER=provider.url, PORT=str(port), CLIENT_ID="python", CLIENT_SECRET=SECRET)
    program.wait_for(lambda: "ready" in program.output.read_text())
    return here


def test_it_logs_a_parent_in_and_reads_userinfo(service, parent):
    back = json.loads(log_in(parent, service + "/login").text)

    assert back["userinfo"]["name"] == "Claire MARTIN"
    assert back["userinfo"]["email"] == "claire@example.org"
    assert back["id_token"]["sub"] == back["userinfo"]["sub"]
