"""Notices are kept, and who sends to an address hears that nothing arrives there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ringlake.errors import Conflict, Unavailable
from ringlake.flows.mailing.postmaster import Noted
from ringlake.model.mailing import MailAddress, Standing
from ringlake.stores.mail import MailRefused, MailUncertain
from tests.unit.mailing.post import NOW, PostOffice, notice

TRANSIENT: dict[str, Any] = {"bounceType": "Transient", "bounceSubType": "MailboxFull"}


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


def test_a_bounce_stops_mail_and_the_owners_hear_it_in_their_language(office: PostOffice) -> None:
    assert office.told(notice("Bounce")) is Noted.STOPPED
    assert office.addresses.blocked("acme", "Anna@example.com") is Standing.BOUNCED

    (sent,) = office.mail.sent
    assert str(sent["To"]) == "olga@example.com"
    assert sent["Content-Language"] == "pl"
    part = sent.get_body(("plain",))
    assert part is not None
    assert "anna@example.com" in part.get_content()
    assert "550 5.1.1 user unknown" in part.get_content()
    assert "anna" not in str(sent["Subject"])


def test_who_asked_an_outsider_hears_it_instead(office: PostOffice) -> None:
    office.put("out@example.org", asked_by="max", asked_at=NOW)
    office.told(notice("Complaint", to="out@example.org"))
    assert [str(sent["To"]) for sent in office.mail.sent] == ["max@example.com"]


def test_a_notice_that_comes_again_tells_nobody_again(office: PostOffice) -> None:
    office.told(notice("Bounce"))
    assert office.told(notice("Bounce")) is Noted.NOTHING
    assert len(office.mail.sent) == 1


def test_nobody_is_told_of_his_own_address_or_where_mail_does_not_arrive(office: PostOffice) -> None:
    assert office.told(notice("Bounce", to="olga@example.com")) is Noted.STOPPED
    assert office.mail.sent == []
    assert office.told(notice("Bounce", to="anna@example.com")) is Noted.STOPPED
    assert office.mail.sent == []


def test_a_delivery_to_somebody_of_whom_nothing_is_known_is_not_written_down(office: PostOffice) -> None:
    assert office.told(notice("Delivery")) is Noted.NOTHING
    assert office.addresses.kept == {}
    office.told(notice("Bounce", **TRANSIENT))
    assert len(office.known("anna@example.com").soft) == 1
    assert office.told(notice("Delivery", at=NOW + timedelta(days=1))) is Noted.KEPT
    assert office.known("anna@example.com").soft == ()


def test_a_mail_that_never_left_is_no_fault_of_the_address(office: PostOffice) -> None:
    assert office.told(notice("Reject")) is Noted.NOTHING
    assert office.addresses.kept == {}


@pytest.mark.parametrize("error", [MailRefused("MessageRejected"), MailUncertain("x"), Unavailable("SES")])
def test_a_notice_that_cannot_be_sent_does_not_bring_the_bounce_back(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(_message: object) -> None:
        raise error

    monkeypatch.setattr(office.mail, "send", refuse)
    assert office.told(notice("Bounce")) is Noted.STOPPED
    assert office.known("anna@example.com").standing is Standing.BOUNCED


def test_two_notices_at_once_are_both_kept(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    put = office.addresses.put
    between = [MailAddress(address="anna@example.com", asked_by="max", version=1)]

    def overtaken(workspace: str, address: MailAddress, previous: MailAddress | None) -> None:
        if between:
            put(workspace, between.pop(), None)
        put(workspace, address, previous)

    monkeypatch.setattr(office.addresses, "put", overtaken)
    assert office.told(notice("Bounce")) is Noted.STOPPED
    known = office.known("anna@example.com")
    assert (known.asked_by, known.standing, known.version) == ("max", Standing.BOUNCED, 2)


def test_an_address_that_keeps_changing_has_the_notice_come_again(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict(*_: Any) -> None:
        raise Conflict("PutItem")

    monkeypatch.setattr(office.addresses, "put", conflict)
    with pytest.raises(Conflict):
        office.told(notice("Bounce"))
    assert office.mail.sent == []
