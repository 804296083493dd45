"""The code of SMS self-registration: its life, its tries, its limits. Source: parents' guide, «Auto-inscription»."""

from tests.conftest import BOTH_DATABASES

USED_UP = "Il y a eu trop d’essais avec ce numéro."


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_sms_has_one_segment_and_ends_with_the_line_for_the_telephone(parent):
    parent.until_code()

    text = parent.sms()[0]

    assert text.splitlines()[-1] == f"@127.0.0.1 #{parent.last_code()}"
    assert len(text) <= 160
    assert set(text) <= set("@#:., ÉÀàéèùç\n0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def test_the_code_page_says_when_the_code_ends_and_hides_the_number(parent):
    parent.until_code()

    assert parent.sees("19 h 12")
    assert parent.sees("06 •• •• •• 34")
    assert parent.sees('autocomplete="one-time-code"')


def test_a_wrong_code_leaves_the_same_code_valid(parent):
    parent.until_code()
    code = parent.last_code()

    parent.enters_code(wrong(code))

    assert parent.sees("Le code saisi est incorrect.")
    assert parent.sees("Réessayer")
    assert parent.sees("Il vous reste 4 essais.")
    assert parent.enters_code(f"{code[:3]} {code[3:]}").reaches("dates")


def test_five_wrong_tries_kill_the_code(parent):
    parent.until_code()
    code = parent.last_code()

    for _try in range(5):
        parent.enters_code(wrong(code))

    assert parent.sees("Ce code ne marche plus")
    assert not parent.enters_code(code).reaches("dates")


def test_a_dead_code_has_its_way_on_in_one_button(parent, clock):
    parent.until_code()
    for _try in range(5):
        parent.enters_code(wrong(parent.last_code()))
    clock.advance(seconds=61)
    assert 'id="nouveau-code"' in parent.text

    parent.asks_another_code()

    assert 'id="nouveau-code"' not in parent.text
    assert parent.enters_code(parent.last_code()).reaches("dates")


def kills_a_code(person):
    person.until_code()
    for _try in range(5):
        person.enters_code(wrong(person.last_code()))


def uses_up_the_tries(person, clock):
    """Fifteen wrong codes for one number, the last of them now."""
    for _code in range(2):
        kills_a_code(person)
        clock.advance(minutes=61)
    kills_a_code(person)


@BOTH_DATABASES
def test_wrong_tries_on_a_number_are_counted_over_all_flows(parent, another_browser, clock):
    for _code in range(2):
        kills_a_code(another_browser)
        clock.advance(minutes=61)
    code = parent.until_code().last_code()
    kills_a_code(another_browser)

    parent.enters_code(code)

    assert not parent.reaches("dates")
    assert parent.sees(USED_UP)
    assert not parent.sees("Demandez un nouveau code")
    assert not parent.sees("Un SMS est parti")


def test_the_last_try_of_a_number_tells_when_codes_work_again(parent, clock):
    uses_up_the_tries(parent, clock)

    assert parent.sees(USED_UP)
    assert parent.sees("à partir du 16 janvier 2026 à 18 h 42")


@BOTH_DATABASES
def test_no_sms_leaves_while_the_tries_of_its_number_are_used_up(parent, clock):
    uses_up_the_tries(parent, clock)
    before = len(parent.sms())
    clock.advance(seconds=61)

    parent.opens(f"/inscription/{parent.flow_id}").asks_another_code()
    assert parent.sees(USED_UP)
    parent.begins().gives()

    assert parent.sees(USED_UP)
    assert len(parent.sms()) == before
    clock.advance(hours=22)
    assert parent.until_code().enters_code(parent.last_code()).reaches("dates")


def test_an_expired_code_sends_back_to_step_one(parent, clock):
    parent.until_code()
    clock.advance(minutes=30)

    parent.enters_code(parent.last_code())

    assert parent.sees("Ce code n’est plus valable.")
    assert parent.sees("Réessayer")
    assert parent.sees(f'href="/inscription/{parent.flow_id}/informations"')


def test_a_new_code_kills_the_old_one(parent, clock):
    parent.until_code()
    old = parent.last_code()
    clock.advance(seconds=61)

    parent.asks_another_code()

    assert len(parent.sms()) == 2
    if old != parent.last_code():
        assert not parent.enters_code(old).reaches("dates")
    assert parent.enters_code(parent.last_code()).reaches("dates")


def test_a_new_code_must_wait_sixty_seconds(parent, clock):
    parent.until_code()
    clock.advance(seconds=59)

    parent.asks_another_code()

    assert parent.sees("Attendez avant de demander un nouveau code.")
    assert len(parent.sms()) == 1


def test_a_number_gets_three_codes_an_hour(parent, clock):
    parent.until_code()
    for _code in range(3):
        clock.advance(seconds=61)
        parent.asks_another_code()

    assert len(parent.sms()) == 3
    assert parent.sees("Attendez avant de demander un nouveau code.")


def test_a_number_gets_six_codes_a_day(parent, clock):
    for _hour in range(3):
        for _code in range(3):
            parent.until_code()
            clock.advance(seconds=61)
        clock.advance(hours=1)

    assert len(parent.sms()) == 6
    assert parent.sees("Trop de demandes.")


def test_a_flow_from_which_no_code_left_does_not_speak_of_tries(parent, clock):
    for _code in range(3):
        parent.until_code()
    clock.advance(minutes=30)
    parent.begins().gives()
    assert parent.sees("Trop de demandes.")

    parent.opens(f"/inscription/{parent.flow_id}")

    assert parent.reaches("code")
    assert parent.sees("Aucun SMS n’est parti pour le moment.")
    assert not parent.sees("trop d’essais")
    clock.advance(minutes=31)
    parent.asks_another_code()
    assert parent.enters_code(parent.last_code()).reaches("dates")


def test_posting_step_one_twice_sends_one_sms(parent):
    parent.begins()
    token_page = parent.page

    parent.gives()
    parent.page = token_page
    parent.gives()

    assert parent.reaches("code")
    assert len(parent.sms()) == 1
