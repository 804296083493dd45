"""What an administrator says of a service, and what is refused."""

import pytest
from sqlalchemy import select

from idp.audit import AuditEntry
from idp.db import db
from idp.services import service
from idp.services.errors import InvalidService, UnknownService
from idp.services.models import Service
from tests.conftest import BOTH_DATABASES


def acts(services):
    with services.app.app_context():
        lines = db.session.scalars(select(AuditEntry).where(AuditEntry.event.like("service.%")).order_by(AuditEntry.id))
        return [(line.event, line.actor, line.ids["service_id"]) for line in lines]


def test_the_same_document_again_changes_nothing(services):
    first = services.put(degrees=[1])
    again = services.put(degrees=[1])

    assert first.created
    assert again.members == []
    assert acts(services) == [("service.added", "test", "lsu")]


def test_each_act_is_audited(services):
    services.put()
    services.put(title="Bulletin")
    services.act(service.move, "lsu", 1)
    services.act(service.remove, "lsu")

    assert [event for event, _by, _id in acts(services)] == [
        "service.added",
        "service.changed",
        "service.moved",
        "service.removed",
    ]


def test_what_a_document_leaves_out_goes_back_to_its_usual_value(services):
    services.put(description="Une phrase", degrees=[1])

    assert services.put().members == ["description", "degrees"]


def test_a_new_service_is_the_last_and_keeps_its_place(services):
    services.link("a", position=7)
    services.put()

    services.put(title="Autre")

    with services.app.app_context():
        assert service.get_service("lsu").position == 8


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 81}, "title"),
        ({"title": "a\u202eb"}, "title"),
        ({"title": 3}, "title"),
        ({"title#en": "a\x00"}, "title#en"),
        ({"description": "x" * 161}, "description"),
        ({"picture": "skull"}, "picture"),
        ({"picture": "logo"}, "picture"),
        ({"client_id": "nobody"}, "client_id"),
        ({"client_id": ""}, "client_id"),
        ({"link": "https://lsu.example.fr/"}, "client_id"),
        ({"client_id": "", "link": "http://lsu.example.fr/"}, "link"),
        ({"client_id": "", "link": "javascript:alert(1)"}, "link"),
        ({"client_id": "", "link": "https://a@evil.example/"}, "link"),
        ({"client_id": "", "link": "https://a.example/", "target_link_uri": "https://a.example/"}, "target_link_uri"),
        ({"target_link_uri": "//evil.example"}, "target_link_uri"),
        ({"names_child": True}, "names_child"),
        ({"names_child": 1, "target_link_uri": "https://lsu.example.fr/"}, "names_child"),
        ({"degrees": [3]}, "degrees"),
        ({"degrees": "1"}, "degrees"),
        ({"academies": ["Poudlard"]}, "academies"),
        ({"academies": [{}]}, "academies"),
        ({"uais": ["0599901T"]}, "uais"),
        ({"uais": [None]}, "uais"),
        ({"uais": ["0599901S"], "degrees": [1]}, "uais"),
        ({"uais": ["0599901S"] * 2001}, "uais"),
        ({"position": -1}, "position"),
        ({"position": True}, "position"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_told_by_its_member_and_nothing_is_kept(services, members, problem):
    with pytest.raises(InvalidService) as refused:
        services.put(**members)

    assert {told.partition(":")[0] for told in refused.value.problems} == {problem}
    assert services.ids() == []


@pytest.mark.parametrize("service_id", ["", "A", "é", "a b", "x" * 41, "../x"])
def test_an_identifier_is_plain(services, service_id):
    with pytest.raises(InvalidService):
        services.put(service_id)


def test_a_client_without_an_address_that_starts_a_login_cannot_be_a_service(services):
    from idp.relying_parties import administration

    services.act(administration.put, "muet", {"redirect_uris": ["https://muet.example.fr/retour"]}, demo=False)

    with pytest.raises(InvalidService) as refused:
        services.put(client_id="muet")

    assert "initiate_login_uri" in refused.value.problems[0]


def test_an_unknown_service_is_neither_changed_nor_moved_nor_removed(services):
    for act in (lambda by: service.update("x", {}, by=by, demo=False), lambda by: service.move("x", 1, by=by)):
        with pytest.raises(UnknownService):
            services.act(act)
    with pytest.raises(UnknownService):
        services.act(service.remove, "x")


@pytest.mark.parametrize(
    ("audience", "has"),
    [
        ({}, [True, True, True]),
        ({"degrees": [1]}, [True, False, True]),
        ({"academies": ["Lille"]}, [True, True, False]),
        ({"degrees": [2], "academies": ["Lille"]}, [False, True, False]),
        ({"uais": ["0599902T"]}, [False, True, False]),
    ],
)
def test_which_schools_have_it(services, audience, has):
    services.put(**audience)

    with services.app.app_context():
        lsu = service.get_service("lsu")
        schools = (("0599901S", 1), ("0599902T", 2), ("0130003C", 1))
        assert [lsu.is_for(uai, degree) for uai, degree in schools] == has


@BOTH_DATABASES
def test_a_service_is_kept_whole(database):
    document = {"title": "Cantine", "link": "https://cantine.example.fr/menus%20d%C3%A9jeuner", "academies": ["Lille"]}

    service.put("cantine", document, by="test", demo=False)
    db.session.commit()
    db.session.expire_all()

    told = service.describe(db.session.get_one(Service, "cantine"))
    assert {name: told[name] for name in document} == document
    assert told["state"] == "on"
