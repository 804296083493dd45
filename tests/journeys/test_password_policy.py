"""Both policies of a new password, on every page that asks for one: told beforehand, told when broken."""

import pytest

from idp.settings import build

ADVICE = {"guide": "8 à 14 caractères", "anssi": "12 à 128 caractères"}
GOOD = {"guide": "tulipes59", "anssi": "quatre tulipes près du canal"}
BAD = {
    "guide": ("quatretulipespresducanal", "Le mot de passe doit avoir 8 à 14 caractères."),
    "anssi": ("tulipes59", "Le mot de passe doit avoir 12 à 128 caractères."),
}


@pytest.fixture(params=["guide", "anssi"])
def policy(request):
    return request.param


@pytest.fixture
def settings(settings, policy):
    return build(
        {
            "server": {"demo": True},
            "database": {"url": settings.database.url, "synchronous": "NORMAL"},
            "keys": {"directory": settings.keys.directory},
            "passwords": {"policy": policy, "argon2_memory_kib": 8192, "argon2_time": 1},
        }
    )


def registers(parent, policy):
    return parent.until_password()


def resets(parent, policy):
    parent.until_password().chooses(GOOD[policy] if policy == "guide" else "un premier mot de passe")
    parent.opens("/mot-de-passe-perdu")
    parent.sends(parent.path, identifiant="v.durant1", par="sms")
    return parent.sends(parent.path, code=parent.last_code())


def changes(parent, policy):
    parent.until_password().chooses("jonquille7" if policy == "guide" else "un premier mot de passe")
    return parent.opens("/compte/mot-de-passe")


PAGES = {"registration": registers, "recovery": resets, "account": changes}


@pytest.fixture(params=PAGES)
def page(request, parent, policy, clock):
    """A page that asks for a new password."""
    reach = PAGES[request.param]
    return reach(parent, policy)


def chooses(page, policy, password):
    current = {"mot_de_passe_actuel": "jonquille7" if policy == "guide" else "un premier mot de passe"}
    return page.sends(page.path, nouveau_mot_de_passe=password, confirmation=password, **current)


def test_the_rules_are_told_beforehand_and_tick_themselves(page, policy):
    assert page.sees(f"{ADVICE[policy]}</li>")
    assert page.sees('data-checks="nouveau-mot-de-passe"')
    assert page.sees('data-rule="digit"') == (policy == "guide")


def test_a_broken_rule_is_told(page, policy):
    password, message = BAD[policy]

    chooses(page, policy, password)

    assert page.sees(message)


def test_a_password_that_keeps_the_rules_is_taken(page, policy):
    before = page.path

    chooses(page, policy, GOOD[policy])

    assert page.path != before


@pytest.mark.parametrize("policy", ["anssi"], indirect=True)
def test_an_accent_typed_apart_logs_in_too(parent, policy):
    """Some keyboards send the letter and its accent as two characters."""
    parent.until_password().chooses("quatre tulipes près du canal")

    parent.logs_in(password="quatre tulipes pre\u0300s du canal")

    assert parent.sees("Vous êtes connecté")
