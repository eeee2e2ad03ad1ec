"""Routes of the addresses of mail."""

from __future__ import annotations

import pytest

from ringlake.model.mailing import MailAddress, Standing
from tests.unit.api.test_api import call, claims_of
from tests.unit.export.world import World

OWNER, MEMBER = claims_of("s-owner"), claims_of("s-member")
OUT = "out@client.example"


@pytest.fixture(autouse=True)
def _bounced(world: World) -> None:
    back = MailAddress(address="back@client.example", standing=Standing.BOUNCED, reason="550", version=1)
    world.addresses.put("acme", back, None)
    world.addresses.put("rival", MailAddress(address="theirs@client.example", version=1), None)


def test_somebody_outside_is_asked_and_listed(world: World) -> None:
    status, asked, _ = call("POST /v1/mail/addresses", OWNER, {"address": OUT, "language": "ru"})
    assert (status, asked["address"], asked["state"]) == (202, OUT, "asked")
    assert [(str(mail["To"]), mail["Content-Language"]) for mail in world.mail.sent] == [(OUT, "ru")]

    status, found, _ = call("GET /v1/mail/addresses", OWNER)
    assert [one["address"] for one in found["addresses"]] == ["back@client.example", OUT]
    # Who does not manage the directory sees what he asked for himself: nothing.
    assert call("GET /v1/mail/addresses", MEMBER)[1] == {"addresses": []}


def test_a_block_is_lifted_by_who_manages_and_what_is_not_there_is_not_found(world: World) -> None:
    route = "DELETE /v1/mail/addresses/{address}"
    assert call(route, MEMBER, address="back@client.example")[0] == 403
    status, lifted, _ = call(route, OWNER, address="Back@client.example")
    assert (status, lifted["state"], lifted["reason"]) == (200, "ok", "")
    assert call(route, OWNER, address="theirs@client.example")[0] == 404


def test_what_is_wrong_with_a_question_is_said(world: World) -> None:
    for body, field in (
        ({}, "address"),
        ({"address": "x"}, "address"),
        ({"address": OUT, "language": "de"}, "language"),
        ({"address": OUT, "more": 1}, "more"),
        ({"address": "back@client.example"}, "address"),
        ({"address": "Owner@example.com"}, "address"),
    ):
        status, problem, _ = call("POST /v1/mail/addresses", OWNER, body)
        assert (status, problem["errors"][0]["field"].partition(".")[0]) == (400, field), body
    assert world.mail.sent == []
