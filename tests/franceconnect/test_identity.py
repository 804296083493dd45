"""What the data of FranceConnect mean: presumed dates, corrections, other people."""

import pytest

from idp.franceconnect.errors import Unverifiable
from idp.franceconnect.identity import Identity, dates_agree, is_same_person, read
from idp.franceconnect.upstreams import Upstream, from_settings
from idp.settings import build


def person(**changes: object) -> Identity:
    facts = {
        "issuer": "https://fc.example", "sub": "1v1", "given_names": ("Valéry", "Anne"), "family_name": "DURANT",
        "birthdate": "1984-05-17", "birthplace": "59350", "birthcountry": "99100", "gender": "female", **changes,
    }  # fmt: skip
    return Identity(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("1984-05-17", "1984-05-17", True),
        ("1984-05-17", "1984-05-18", False),
        ("1984-05-17", "", True),
        ("1988-00-00", "1988-01-01", True),
        ("1988-00-00", "1988-07-14", True),
        ("1988-00-00", "1989-01-01", False),
        ("1979-04-00", "1979-04-01", True),
        ("1979-04-00", "1979-05-01", False),
    ],
)
def test_presumed_parts_of_a_date_agree_with_any(one: str, other: str, agree: bool) -> None:
    assert dates_agree(one, other) is dates_agree(other, one) is agree


@pytest.mark.parametrize(
    "changes", [{"given_names": ("Valérie", "Anne")}, {"family_name": "DURANT-MOREL"}, {"family_name": "Durant"}]
)
def test_a_correction_of_one_name_leaves_the_person_the_same(changes: dict[str, object]) -> None:
    assert is_same_person(person(sub="2v1", **changes), person().pivot())


@pytest.mark.parametrize(
    "changes",
    [
        {"birthdate": "1984-05-18"},
        {"birthplace": "62041"},
        {"gender": "male"},
        {"family_name": "MOREL", "given_names": ("Paul",)},
    ],
)
def test_another_birth_gender_or_both_names_is_somebody_else(changes: dict[str, object]) -> None:
    """ATTACKS 116."""
    assert not is_same_person(person(sub="2v1", **changes), person().pivot())


def other_upstream(**settings: object) -> Upstream:
    known = {"issuer": "https://autre.example", "client_id": "parents", **settings}
    return from_settings(build({"server": {"demo": True}, "upstream": known}))["upstream"]


def test_claims_of_another_provider_are_read_by_the_names_that_the_settings_give() -> None:
    upstream = other_upstream(claim_family_name="nom_naissance", claim_usage_name="", claim_birthdate="naissance")
    claims = {
        "given_name": "Zoé",
        "nom_naissance": "LE GALL",
        "preferred_username": "z.legall4",
        "naissance": "1990-02-28",
    }

    identity = read(upstream, "7", "", (), claims)

    assert (identity.family_name, identity.usage_name, identity.birthdate) == ("LE GALL", "", "1990-02-28")


def test_a_compound_first_name_without_a_list_is_one_name_or_several() -> None:
    identity = read(other_upstream(), "7", "", (), {"given_name": "Jean Baptiste", "family_name": "GARÇON"})

    assert identity.shown == "Jean Baptiste GARÇON"
    assert identity.given_names == ("Jean Baptiste", "Jean", "Baptiste")


@pytest.mark.parametrize("value", [None, 7, ["x"], "x" * 257, "DU\u202eRANT"])
def test_a_claim_that_is_no_honest_text_is_refused(value: object) -> None:
    with pytest.raises(Unverifiable):
        read(other_upstream(), "7", "", (), {"family_name": value})
