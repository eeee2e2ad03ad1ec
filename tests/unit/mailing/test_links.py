"""Links in mails: looking changes nothing, asking for it does, and each link does only its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringlake.errors import Conflict, NotFound
from ringlake.flows.mailing.links import Wish
from ringlake.model.mailing import MailAddress, Purpose, Standing
from tests.unit.mailing.post import NOW, PostOffice


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


def asked(office: PostOffice, address: str = "out@example.org") -> str:
    return office.confirmations.ask("acme", address, "max", office.now)


def leaving(office: PostOffice, topic: str = "schedule:s1", address: str = "out@example.org") -> str:
    return office.confirmations.leave("acme", address, topic, office.now)


def test_looking_changes_nothing_however_often(office: PostOffice) -> None:
    question, way_out = asked(office), leaving(office)
    before = dict(office.addresses.kept)
    for _ in range(3):
        seen = office.links.look(Purpose.CONFIRM, question, NOW)
        assert (seen.company, seen.address, seen.done) == ("Acme & Sons", "out@example.org", False)
        assert not office.links.look(Purpose.LEAVE, way_out, NOW).done
    assert office.addresses.kept == before


def test_who_agrees_is_confirmed_once(office: PostOffice) -> None:
    token = asked(office)
    assert office.links.follow(Purpose.CONFIRM, token, Wish.AGREE, NOW).done
    first = office.known("out@example.org")
    assert office.links.follow(Purpose.CONFIRM, token, Wish.AGREE, NOW + timedelta(days=1)).done
    assert office.known("out@example.org") == first
    assert first.confirmed_at == NOW
    assert office.confirmations.confirmed("acme", "out@example.org")


def test_who_leaves_one_thing_keeps_the_others_and_can_return(office: PostOffice) -> None:
    token = leaving(office)
    seen = office.links.follow(Purpose.LEAVE, token, Wish.LEAVE, NOW)
    assert (seen.done, seen.all) == (True, False)
    assert office.addresses.blocked("acme", "out@example.org", "schedule:s1") is Standing.UNSUBSCRIBED
    assert office.addresses.blocked("acme", "out@example.org", "schedule:s2") is None
    assert office.addresses.blocked("acme", "out@example.org") is None
    # The other schedule's link is not fulfilled by this.
    assert not office.links.look(Purpose.LEAVE, leaving(office, "schedule:s2"), NOW).done

    assert not office.links.follow(Purpose.LEAVE, token, Wish.RETURN, NOW).done
    assert office.addresses.blocked("acme", "out@example.org", "schedule:s1") is None


def test_who_leaves_everything_gets_nothing_by_itself_until_he_returns_or_agrees_anew(office: PostOffice) -> None:
    token = leaving(office)
    assert office.links.follow(Purpose.LEAVE, token, Wish.LEAVE_ALL, NOW).all
    assert office.addresses.blocked("acme", "out@example.org", "alert:a1") is Standing.UNSUBSCRIBED
    assert not office.links.follow(Purpose.LEAVE, token, Wish.RETURN, NOW).done

    office.links.follow(Purpose.LEAVE, token, Wish.LEAVE_ALL, NOW)
    office.links.follow(Purpose.CONFIRM, asked(office), Wish.AGREE, NOW)
    assert office.addresses.blocked("acme", "out@example.org", "alert:a1") is None


def test_leaving_twice_is_leaving_once(office: PostOffice) -> None:
    token = leaving(office)
    office.links.follow(Purpose.LEAVE, token, Wish.LEAVE, NOW)
    once = office.known("out@example.org")
    office.links.follow(Purpose.LEAVE, token, Wish.LEAVE, NOW + timedelta(days=1))
    assert office.known("out@example.org") == once


def test_after_a_complaint_no_link_brings_mail_back(office: PostOffice) -> None:
    question, way_out = asked(office), leaving(office)
    office.put("out@example.org", standing=Standing.COMPLAINED, since=NOW)
    assert office.links.follow(Purpose.CONFIRM, question, Wish.AGREE, NOW).refused
    assert office.links.follow(Purpose.LEAVE, way_out, Wish.RETURN, NOW).refused
    assert office.addresses.blocked("acme", "out@example.org") is Standing.COMPLAINED
    assert not office.confirmations.confirmed("acme", "out@example.org")


def test_a_link_does_only_its_own(office: PostOffice) -> None:
    question, way_out = asked(office), leaving(office)
    before = dict(office.addresses.kept)
    for purpose, token, wish in (
        (Purpose.CONFIRM, way_out, Wish.AGREE),
        (Purpose.LEAVE, question, Wish.LEAVE),
        (Purpose.CONFIRM, question, Wish.LEAVE),
        (Purpose.LEAVE, way_out, Wish.AGREE),
        (Purpose.LEAVE, "", Wish.LEAVE),
        (Purpose.LEAVE, "x" * 10_000, Wish.LEAVE),
        (Purpose.LEAVE, way_out + "x", Wish.LEAVE),
    ):
        with pytest.raises(NotFound):
            office.links.follow(purpose, token, wish, NOW)
    assert office.addresses.kept == before


def test_a_question_is_over_after_a_week_and_a_way_out_after_a_year(office: PostOffice) -> None:
    question, way_out = asked(office), leaving(office)
    with pytest.raises(NotFound):
        office.links.follow(Purpose.CONFIRM, question, Wish.AGREE, NOW + timedelta(days=7))
    assert office.links.follow(Purpose.LEAVE, way_out, Wish.LEAVE, NOW + timedelta(days=366)).done


def test_what_somebody_chose_is_on_record_without_his_address(office: PostOffice) -> None:
    office.links.follow(Purpose.LEAVE, leaving(office), Wish.LEAVE, NOW)
    office.links.follow(Purpose.CONFIRM, asked(office), Wish.AGREE, NOW)
    lines = office.directory.audit_lines("acme", "2026-03")
    assert sorted(line.action for line in lines) == ["mail.agree", "mail.leave"]
    assert "out@example.org" not in repr(lines)


def test_a_choice_is_made_of_what_is_there_now(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    put = office.addresses.put
    between = [MailAddress(address="out@example.org", reason="full", version=1)]

    def overtaken(workspace: str, address: MailAddress, previous: MailAddress | None) -> None:
        if between:
            put(workspace, between.pop(), None)
        put(workspace, address, previous)

    monkeypatch.setattr(office.addresses, "put", overtaken)
    office.links.follow(Purpose.LEAVE, leaving(office), Wish.LEAVE, NOW)
    known = office.known("out@example.org")
    assert (known.reason, [one.topic for one in known.left]) == ("full", ["schedule:s1"])

    def conflict(*_: object) -> None:
        raise Conflict("PutItem")

    monkeypatch.setattr(office.addresses, "put", conflict)
    with pytest.raises(Conflict):
        office.links.follow(Purpose.LEAVE, leaving(office), Wish.LEAVE_ALL, NOW)
