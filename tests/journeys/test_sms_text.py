"""The SMS of a code fits one segment, whatever the language and the host."""

import pytest

from idp.web.pages import sms_codes

GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_sms_of_a_code_is_one_segment_of_gsm_7(app, language):
    """A trap of SMS: `ç`, `ê`, `’` and no-break spaces are outside GSM-7, and halve the message's room."""
    with app.test_request_context(f"/?ui_locales={language}"):
        text = sms_codes.wording("123456")

    assert set(text) <= GSM_7
    assert len(text) <= 160
    assert text.splitlines()[-1] == "@127.0.0.1 #123456"
