"""Pages that endpoints render: consent, logout, protocol error, with their stable ids."""

from flask import Flask, make_response, render_template


def render(app: Flask, template: str, **values: object) -> str:
    with app.test_request_context("/"):
        return render_template(template, **values)


def test_the_consent_page_has_its_stable_ids_and_shows_the_logo_that_we_drew(app: Flask):
    client = {"client_name": "Cantine", "logo": "/logos/cantine.png", "reviewed": True}
    facts = [("Votre identité", ["Mme Valéry DURANT"], "")]
    with app.test_request_context("/"):
        page = render_template("consent/consent.html", client=client, facts=facts, action="/autorisation/1")
        answer = app.process_response(make_response(page))

    for mark in ('id="consent-form"', 'id="autoriser"', 'id="refuser"', 'id="client-logo"', 'name="csrf_token"'):
        assert mark in page
    assert "img-src 'self';" in answer.headers["Content-Security-Policy"]


def test_the_logout_pages_have_their_stable_ids(app: Flask):
    confirm = render(app, "logout/confirm.html", account=None, action="/deconnexion")

    assert 'id="logout-confirm"' in confirm
    assert 'id="logout-cancel"' in confirm
    assert 'id="logged-out"' in render(app, "logout/logged_out.html")


def test_the_protocol_error_page_holds_the_code_in_text_and_data(app: Flask):
    page = render(app, "errors/protocol.html", error="invalid_request", description="redirect_uri <unknown>")

    assert 'id="error-page" data-error="invalid_request"' in page
    assert "redirect_uri &lt;unknown&gt;" in page


def test_no_line_of_a_french_page_begins_with_a_punctuation_mark(parent):
    page = parent.opens("/connexion").page.text

    assert "Par exemple\N{NO-BREAK SPACE}: v.durant1" in page
    assert "06\N{NO-BREAK SPACE}39\N{NO-BREAK SPACE}98" in parent.begins().page.text
    assert "«\N{NO-BREAK SPACE}Je n’ai pas de compte\N{NO-BREAK SPACE}»" in page


def test_who_has_an_account_is_offered_every_way_in(app: Flask):
    """J2: «Un compte ÉduConnect est déjà créé à partir de ces données», with both links and the recovery links."""
    upstream = {"key": "franceconnect", "name": "FranceConnect", "down": False}
    app.jinja_env.globals["upstreams"] = lambda *_purpose: [upstream]

    with app.test_request_context():
        page = render_template("self_registration/already_registered.html", flow={"id": "x"})

    assert page.count('id="franceconnect"') == 1
    assert [
        name for name in ("se-connecter", "identifiant-oublie", "mot-de-passe-perdu") if f'id="{name}"' in page
    ] == [
        "se-connecter",
        "identifiant-oublie",
        "mot-de-passe-perdu",
    ]


def test_who_wants_no_mobile_reads_the_ways_that_this_site_has(parent):
    """J2: the login page explains the other ways to get an account."""
    parent.begins()

    parent.opens(f"/connexion/{parent.flow_id}?sans_mobile=1")

    assert parent.sees("Sans téléphone portable, demandez la lettre de l’école.")
    assert not parent.sees("Utilisez le bouton FranceConnect de cette page.")
