"""People outside are asked first, rarely, and what their owner said stays (demands.md D57)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from ringlake.errors import InvalidRequest, NotFound, Taken, Unavailable
from ringlake.flows.mailing.asking import ASK_AGAIN, MOST_A_DAY, AddressState, MailAddressView
from ringlake.flows.mailing.links import Wish
from ringlake.model.mailing import EVERYTHING, Left, Purpose, Soft, Standing
from ringlake.stores.mail import MailRefused, MailUncertain, Refusal
from tests.unit.mailing.post import NOW, PostOffice

OUT = "out@example.org"


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


def ask(office: PostOffice, address: str = OUT, at: datetime = NOW, by: str = "olga", **body: Any) -> MailAddressView:
    return office.asking.ask(office.viewer(by), {"address": address, **body}, at)


def test_the_question_is_mailed_and_its_link_agrees(office: PostOffice) -> None:
    view = ask(office, "Out@Example.org", language="es")
    assert (view.address, view.state, view.asked_by, view.asked_at) == (OUT, AddressState.ASKED, "olga", NOW)

    (sent,) = office.mail.sent
    assert (str(sent["To"]), sent["Content-Language"]) == (OUT, "es")
    part = sent.get_body(("plain",))
    assert part is not None
    found = re.search(r"/mail/confirm/([\w-]+)\?language=es", part.get_content())
    assert found
    office.links.follow(Purpose.CONFIRM, found[1], Wish.AGREE, NOW)
    (listed,) = office.asking.all(office.viewer()).addresses
    assert (listed.state, listed.confirmed_at) == (AddressState.OK, NOW)


def test_who_agreed_is_not_asked_again(office: PostOffice) -> None:
    office.put(OUT, asked_by="max", asked_at=NOW, confirmed_at=NOW)
    assert ask(office, at=NOW + timedelta(days=60)).state is AddressState.OK
    assert office.mail.sent == []


def test_without_a_language_the_question_is_in_the_workspaces(office: PostOffice) -> None:
    ask(office)
    assert office.mail.sent[0]["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("max@example.com", "belongs to a user"),
        ("no address", "address"),
        ("a@example.org, b@example.org", "address"),
        ("a@example.org\r\nBcc: b@example.org", "address"),
        ("", "address"),
    ],
)
def test_who_must_not_or_cannot_be_asked_is_not(office: PostOffice, address: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        ask(office, address)
    assert office.mail.sent == []
    assert office.addresses.kept == {}


@pytest.mark.parametrize(
    "fields",
    [{"standing": Standing.BOUNCED}, {"standing": Standing.COMPLAINED}, {"left": (Left(topic=EVERYTHING, at=NOW),)}],
)
def test_who_cannot_get_mail_or_does_not_want_it_is_not_asked(office: PostOffice, fields: dict[str, Any]) -> None:
    office.put(OUT, **fields)
    with pytest.raises(InvalidRequest):
        ask(office)
    assert office.mail.sent == []


def test_somebody_who_does_not_answer_is_asked_three_times_in_a_month(office: PostOffice) -> None:
    at = NOW
    ask(office)
    with pytest.raises(InvalidRequest, match="a moment ago"):
        ask(office, at=at + ASK_AGAIN - timedelta(seconds=1))
    for _ in range(2):
        at += ASK_AGAIN
        ask(office, at=at)
    with pytest.raises(InvalidRequest, match="three times"):
        ask(office, at=at + timedelta(days=29))
    ask(office, at=at + timedelta(days=31))
    assert len(office.mail.sent) == 4


def test_one_workspace_asks_only_so_many_a_day(office: PostOffice) -> None:
    for number in range(MOST_A_DAY):
        ask(office, f"p{number}@example.org")
    with pytest.raises(InvalidRequest, match="tomorrow"):
        ask(office)
    ask(office, at=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (MailRefused("MessageRejected", Refusal.RECIPIENT_UNVERIFIED), InvalidRequest),
        (MailRefused("MessageRejected", Refusal.SENDER_UNVERIFIED), InvalidRequest),
        (Unavailable("SES"), Unavailable),
    ],
)
def test_a_question_that_did_not_leave_is_not_counted_and_says_what_to_do(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, error: Exception, raised: type[Exception]
) -> None:
    def refuse(_message: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(office.mail, "send", refuse)
        with pytest.raises(raised) as told:
            ask(office)
    if isinstance(told.value, InvalidRequest):
        assert told.value.field == "address"
        assert "verif" in told.value.reason
    known = office.known(OUT)
    assert (known.asked_at, known.asked_times, known.asked_by) == (None, 0, "")
    assert ask(office).state is AddressState.ASKED


def test_a_question_that_may_have_left_counts(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(_message: object) -> None:
        raise MailUncertain("ReadTimeout")

    monkeypatch.setattr(office.mail, "send", lose)
    assert ask(office).state is AddressState.ASKED
    with pytest.raises(InvalidRequest, match="a moment ago"):
        ask(office)


def test_who_does_not_manage_the_directory_sees_his_own_requests_and_himself(office: PostOffice) -> None:
    office.put("a@example.org", asked_by="max", asked_at=NOW)
    office.put("b@example.org", asked_by="olga", asked_at=NOW)
    office.put("max@example.com", standing=Standing.BOUNCED)
    office.put("olga@example.com", standing=Standing.BOUNCED)

    assert [one.address for one in office.asking.all(office.viewer("max")).addresses] == [
        "a@example.org", "max@example.com",
    ]  # fmt: skip
    assert len(office.asking.all(office.viewer("olga")).addresses) == 4


def test_the_list_says_what_is_wrong_and_since_when(office: PostOffice) -> None:
    office.put("a@example.org", standing=Standing.BOUNCED, since=NOW, reason="550 no such user")
    office.put("b@example.org", soft=(Soft(id="f", at=NOW),), left=(Left(topic="alert:a1", at=NOW),))
    office.put("c@example.org", left=(Left(topic=EVERYTHING, at=NOW),))

    bounced, soft, left = office.asking.all(office.viewer()).addresses
    assert (bounced.state, bounced.since, bounced.reason) == (AddressState.BOUNCED, NOW, "550 no such user")
    assert (soft.state, soft.soft_bounces, [one.topic for one in soft.left]) == (AddressState.OK, 1, ["alert:a1"])
    assert (left.state, left.left) == (AddressState.UNSUBSCRIBED, ())


def test_a_bounce_is_lifted_and_on_record(office: PostOffice) -> None:
    office.put(OUT, standing=Standing.BOUNCED, since=NOW, reason="550", confirmed_at=NOW)
    view = office.asking.lift(office.viewer(), "OUT@example.org", NOW)
    assert (view.state, view.reason, view.since, view.confirmed_at) == (AddressState.OK, "", None, NOW)
    (said,) = office.directory.audit_lines("acme", "2026-03")
    assert (said.action, said.user_id, said.detail["was"]) == ("mail.lift", "olga", "bounced")
    assert OUT not in repr(said)
    # Lifting what is not stopped changes nothing.
    known = office.known(OUT)
    office.asking.lift(office.viewer(), OUT, NOW)
    assert office.known(OUT) == known


@pytest.mark.parametrize("fields", [{"standing": Standing.COMPLAINED}, {"left": (Left(topic=EVERYTHING, at=NOW),)}])
def test_what_the_owner_of_an_address_said_only_he_takes_back(office: PostOffice, fields: dict[str, Any]) -> None:
    kept = office.put(OUT, **fields)
    with pytest.raises(Taken):
        office.asking.lift(office.viewer(), OUT, NOW)
    assert office.known(OUT) == kept
    with pytest.raises(NotFound):
        office.asking.lift(office.viewer(), "nobody@example.org", NOW)
