"""npm's `openid-client`, with pushed requests and DPoP."""

import shutil

import pytest

from tests.ports import free_port
from tests.real_clients.conftest import EXAMPLES, NPM, SECRET, answers, log_in

pytestmark = pytest.mark.slow


@pytest.fixture
def service(provider, run):
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    provider.register("node", f"{here}/cb", post_logout_redirect_uris=[f"{here}/bye"])
    shutil.copy(EXAMPLES / "node" / "service.mjs", NPM)
    command = ["node", str(NPM / "service.mjs")]
    program = run(command, ISSUER=provider.url, PORT=str(port), CLIENT_ID="node", CLIENT_SECRET=SECRET)
    program.wait_for(lambda: "ready" in program.output.read_text())
    assert answers(here + "/bye")
    return here


def test_it_logs_a_parent_in_refreshes_revokes_and_logs_out(service, parent):
    back = log_in(parent, service + "/login").json()

    assert back["type"] == "dpop"
    assert back["userinfo"]["name"] == "Claire MARTIN"
    assert back["userinfo"]["sub"] == back["claims"]["sub"]
    assert parent.get(service + "/refresh").json()["userinfo"]["email"] == "claire@example.org"
    assert parent.get(service + "/revoke").json() == {"active": False}
    assert parent.get(service + "/logout").json() == {"bye": "au-revoir"}
    assert "login-form" in parent.get(service + "/login").text
