"""What SES says of a mail, and what follows for its address."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.flows.mailing.fates import SOFT_BOUNCES, SOFT_WITHIN, FateKind, after, fate_of
from ringlake.model.mailing import Left, MailAddress, Soft, Standing
from tests.unit.mailing.post import NOW, fate, notice

FRESH = MailAddress(address="anna@example.com")
TRANSIENT: dict[str, Any] = {"bounceType": "Transient", "bounceSubType": "MailboxFull"}


def test_a_notice_says_of_which_mail_what_and_when() -> None:
    found = fate("Bounce", to="Anna@Example.com")

    assert (found.kind, found.workspace, found.address, found.id, found.at) == (
        FateKind.BOUNCED, "acme", "anna@example.com", "f1", NOW,
    )  # fmt: skip
    assert found.reason == "smtp; 550 5.1.1 user unknown"


@pytest.mark.parametrize(
    ("kind", "told", "means"),
    [
        ("Delivery", {}, FateKind.DELIVERED),
        ("Bounce", {}, FateKind.BOUNCED),
        ("Bounce", {"bounceSubType": "OnAccountSuppressionList"}, FateKind.BOUNCED),
        ("Bounce", TRANSIENT, FateKind.REFUSED),
        ("Bounce", {"bounceType": "Undetermined", "bounceSubType": "Undetermined"}, FateKind.REFUSED),
        ("Bounce", {"bouncedRecipients": []}, FateKind.BOUNCED),
        # The mail was at fault.
        ("Bounce", {"bounceType": "Transient", "bounceSubType": "MessageTooLarge"}, None),
        ("Bounce", {"bounceType": "Transient", "bounceSubType": "AttachmentRejected"}, None),
        ("Complaint", {}, FateKind.COMPLAINED),
        ("Complaint", {"complaintFeedbackType": None}, FateKind.COMPLAINED),
        ("Complaint", {"complaintFeedbackType": "not-spam"}, None),
        ("Reject", {}, FateKind.UNSENT),
        ("Send", {}, None),
    ],
)
def test_every_kind_of_notice_has_its_meaning(kind: str, told: dict[str, Any], means: FateKind | None) -> None:
    found = fate_of(notice(kind, **told))
    assert (found.kind if found else None) is means


def test_a_notice_of_an_identity_is_understood_too() -> None:
    old = {("notificationType" if name == "eventType" else name): part for name, part in notice("Bounce").items()}
    assert fate_of(old) == fate("Bounce")


def test_a_mail_of_no_workspace_or_of_many_recipients_is_nobodys() -> None:
    assert fate_of(notice("Bounce", workspace=None)) is None
    many = notice("Bounce")
    many["mail"]["destination"] = ["a@example.com", "b@example.com"]
    assert fate_of(many) is None


@pytest.mark.parametrize(
    "broken", [{}, {"eventType": "Bounce"}, {"eventType": "Bounce", "mail": {}}, {"eventType": 1, "mail": None}]
)
def test_what_is_no_notice_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        fate_of(broken)


def test_what_a_server_says_is_cut_to_one_short_line() -> None:
    long = "smtp; 550\r\n\tno " + "x" * 900
    found = fate("Bounce", bouncedRecipients=[{"emailAddress": "a@example.com", "diagnosticCode": long}])
    assert len(found.reason) == 200
    assert found.reason.startswith("smtp; 550 no xxx")


def test_a_bounce_for_good_stops_mail_at_once() -> None:
    known = after(FRESH, fate("Bounce"))
    assert (known.standing, known.since, known.reason) == (Standing.BOUNCED, NOW, "smtp; 550 5.1.1 user unknown")
    assert known.version == 1
    # What comes later changes nothing: somebody has to lift it.
    for kind in ("Bounce", "Delivery"):
        assert after(known, fate(kind, feedbackId="f9", at=NOW + timedelta(days=1))) == known


def test_a_complaint_outweighs_everything_and_takes_back_the_consent() -> None:
    agreed = MailAddress(address="anna@example.com", confirmed_at=NOW, version=1)
    for known in (agreed, after(agreed, fate("Bounce"))):
        unhappy = after(known, fate("Complaint"))
        assert (unhappy.standing, unhappy.confirmed_at, unhappy.reason) == (Standing.COMPLAINED, None, "abuse")
        assert after(unhappy, fate("Bounce")) == unhappy
        assert after(unhappy, fate("Delivery")) == unhappy


def soft(number: int, days: float) -> Any:
    return fate("Bounce", feedbackId=f"f{number}", at=NOW + timedelta(days=days), **TRANSIENT)


def test_passing_refusals_stop_mail_only_when_they_go_on() -> None:
    known = FRESH
    for number in range(SOFT_BOUNCES - 1):
        known = after(known, soft(number, number))
        assert known.standing is Standing.OK
        assert len(known.soft) == number + 1
    assert after(known, soft(9, SOFT_BOUNCES)).standing is Standing.BOUNCED
    # The same notice again counts once; one much later begins anew.
    assert after(known, soft(0, 0)) == known
    late = after(known, soft(9, SOFT_WITHIN.days + SOFT_BOUNCES))
    assert (late.standing, [one.id for one in late.soft]) == (Standing.OK, ["f9"])


def test_a_delivery_clears_the_refusals_before_it() -> None:
    known = after(after(FRESH, soft(0, 0)), soft(1, 2))
    assert [one.id for one in after(known, fate("Delivery", at=NOW + timedelta(days=1))).soft] == ["f1"]
    assert after(known, fate("Delivery", at=NOW + timedelta(days=3))).soft == ()
    assert after(FRESH, fate("Delivery")) == FRESH


def test_what_its_owner_left_stays_left() -> None:
    left = (Left(topic="schedule:s1", at=NOW),)
    known = MailAddress(address="anna@example.com", left=left, soft=(Soft(id="f0", at=NOW),), version=1)
    for kind in ("Bounce", "Complaint", "Delivery"):
        assert after(known, fate(kind, at=NOW + timedelta(days=1))).left == left


FATES = [fate("Bounce", feedbackId="b"), fate("Complaint", feedbackId="c"), fate("Delivery"), soft(1, 0), soft(2, 1)]


def test_whatever_the_order_the_worst_decides() -> None:
    for order in permutations(FATES):
        known = FRESH
        for one in order:
            known = after(known, one)
        assert known.standing is Standing.COMPLAINED
    for order in permutations([one for one in FATES if one.kind is not FateKind.COMPLAINED]):
        known = FRESH
        for one in order:
            known = after(known, one)
        assert known.standing is Standing.BOUNCED


@settings(max_examples=40, deadline=None)
@given(order=st.lists(st.sampled_from(FATES + [soft(n, n / 2) for n in range(3, 9)]), max_size=12))
def test_a_notice_that_comes_twice_in_a_row_counts_once(order: list[Any]) -> None:
    known = FRESH
    for one in order:
        changed = after(known, one)
        assert after(changed, one) == changed
        assert changed.version == known.version + (changed != known)
        known = changed


def test_a_notice_may_hold_anything_else() -> None:
    strange = notice("Bounce") | {"more": {"x": [1]}}
    strange["bounce"]["more"] = "ż"
    assert fate_of(json.loads(json.dumps(strange))) == fate("Bounce")
