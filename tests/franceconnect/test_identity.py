"""What the data of FranceConnect mean: presumed dates, corrections, other people."""

import pytest

from idp.franceconnect.identity import Identity, dates_agree, is_same_person


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
