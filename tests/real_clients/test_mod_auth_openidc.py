"""Debian's Apache with `mod_auth_openidc`: no program of ours, a folder behind a login."""

import os

import httpx
import pytest

from tests.ports import free_port
from tests.real_clients.conftest import APACHE, EXAMPLES, SECRET, answers, eventually, log_in

pytestmark = pytest.mark.slow


@pytest.fixture
def apache(provider, run, tmp_path):
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    client_id = f"apache-{port}"
    provider.register(
        client_id,
        f"{here}/prive/retour",
        post_logout_redirect_uris=[f"{here}/au-revoir.txt"],
        backchannel_logout_uri=f"{here}/prive/retour?logout=backchannel",
        backchannel_logout_session_required=True,
    )
    site = tmp_path / "site"
    (site / "prive").mkdir(parents=True)
    (site / "prive" / "bulletin.txt").write_text("bulletin")
    (site / "au-revoir.txt").write_text("au revoir")
    for folder in (tmp_path, site, site / "prive"):
        folder.chmod(0o755)
    usr = APACHE / "usr"
    libraries = os.pathsep.join(str(folder) for folder in usr.glob("lib/*-linux-gnu*"))
    program = run(
        [str(usr / "sbin" / "apache2"), "-f", str(EXAMPLES / "apache" / "apache.conf"), "-D", "FOREGROUND", "-X"],
        HERE=str(tmp_path),
        MODULES=str(usr / "lib" / "apache2" / "modules"),
        LD_LIBRARY_PATH=libraries,
        ISSUER=provider.url,
        PORT=str(port),
        CLIENT_ID=client_id,
        CLIENT_SECRET=SECRET,
    )
    program.wait_for(lambda: answers(here + "/au-revoir.txt"))
    return here


def test_it_lets_a_logged_in_parent_in_and_out(apache, parent):
    page = log_in(parent, apache + "/prive/bulletin.txt")
    again = parent.get(apache + "/prive/bulletin.txt")

    out = parent.get(apache + "/prive/retour", params={"logout": apache + "/au-revoir.txt"})

    assert (page.text, page.headers["X-Parent"]) == ("bulletin", "Claire MARTIN")
    assert (again.text, again.history) == ("bulletin", [])
    assert out.text == "au revoir"
    assert 'id="login-form"' in parent.get(apache + "/prive/bulletin.txt").text


def test_a_logout_at_the_provider_reaches_it(apache, provider, parent):
    """Back-channel: the module takes our logout token, and the parent's next request is asked to log in."""
    log_in(parent, apache + "/prive/bulletin.txt")

    confirm = parent.get(provider.url + "/end_session")
    token = confirm.text.split('name="csrf_token" value="')[1].split('"')[0]
    hidden = confirm.text.split('name="token" value="')[1].split('"')[0]
    parent.post(provider.url + "/deconnexion", data={"csrf_token": token, "token": hidden, "choix": "oui"})

    def asks_again() -> bool:
        answer = httpx.get(apache + "/prive/bulletin.txt", cookies=parent.cookies, timeout=10)
        return answer.status_code == 302 and answer.headers["Location"].startswith(provider.url)

    assert eventually(asks_again)
