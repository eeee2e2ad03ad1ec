"""The worker of webhooks: what is posted, what is tried again, and what ends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

import msgspec
import pytest
from standardwebhooks import Webhook as Reference

from ringlake.flows.alerts.hooks import ATTEMPTS, LEASE, PAUSES_S, Asked, Outcome
from ringlake.model.alerts import Delivery, DeliveryState
from ringlake.stores.webhooks import HookRefused, Reply, Unreachable
from tests.driver.faults import Crash, Hooked, Nth
from tests.unit.alerts.tower import URL, Tower
from tests.unit.live.hall import CUSTOMER, WORKSPACE


@pytest.fixture
def tower() -> Tower:
    """A firing waits to be posted."""
    made = Tower()
    made.contact("Jan Kowalski")
    made.rule("waiting", 1, recipients=[], webhook=URL, number="n-main")
    made.call("queued", "c1")
    made.minute()
    return made


def rule_of(tower: Tower) -> str:
    (rule_id,) = tower.alerts.watched()[WORKSPACE]
    return rule_id


def delivery(tower: Tower) -> Delivery:
    (one,) = tower.history(rule_of(tower))[0].deliveries
    return one


def test_a_notice_is_signed_and_the_reference_library_verifies_it(tower: Tower) -> None:
    assert tower.post_one() is Outcome.SENT

    ((url, headers, body),) = tower.webhooks.posted
    said = json.loads(body)
    # The clock of these tests is not that of the library.
    verified = Reference(tower.secret(rule_of(tower)))
    signature = verified.sign(headers["webhook-id"], tower.clock(), body.decode())
    assert (url, headers["webhook-signature"]) == (URL, signature)
    assert said["type"] == "alert.fired"
    assert said["data"]["value"] == said["data"]["threshold"] == "1"
    assert said["data"]["number"] == "n-main"
    assert (delivery(tower).state, delivery(tower).said) == (DeliveryState.SENT, "answered 200")


def test_nothing_personal_is_posted(tower: Tower) -> None:
    tower.post_one()

    _, _, body = tower.webhooks.posted[0]
    assert CUSTOMER[3:] not in body.decode()
    assert "Kowalski" not in body.decode()


@pytest.mark.parametrize(
    "answer", [Reply(500), Reply(429), Reply(404), Reply(302), Reply(199 + 101), Unreachable("no connection")]
)
def test_what_is_no_success_is_tried_again_with_the_same_id_after_growing_pauses(
    tower: Tower, answer: Reply | Unreachable
) -> None:
    def answered(_url: str) -> Reply:
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    tower.webhooks.answer = answered
    pauses = []
    for _ in range(ATTEMPTS - 1):
        assert tower.post_one() is Outcome.LATER
        pauses.append(tower.queue.delays[0])
        tower.wait(pauses[-1] / 60)
    assert tower.post_one() is Outcome.FAILED

    assert tuple(pauses) == PAUSES_S
    assert tower.queue.messages == []
    assert len({headers["webhook-id"] for _, headers, _ in tower.webhooks.posted}) == 1
    assert len({body for _, _, body in tower.webhooks.posted}) == 1
    assert delivery(tower).state is DeliveryState.FAILED
    assert f"given up after {ATTEMPTS} attempts" in delivery(tower).said


def test_a_receiver_that_comes_back_gets_the_notice(tower: Tower) -> None:
    tower.webhooks.answer = lambda _: Reply(503)
    tower.post_one()
    tower.webhooks.answer = lambda _: Reply(204)
    tower.wait(1)

    assert tower.post_one() is Outcome.SENT
    assert (delivery(tower).state, delivery(tower).attempts) == (DeliveryState.SENT, 2)


@pytest.mark.parametrize(("asked", "waits"), [(60, 60), (100_000, 900), (1, 5)])
def test_a_receiver_says_when_to_come_again(tower: Tower, asked: int, waits: int) -> None:
    tower.webhooks.answer = lambda _: Reply(429, asked)
    tower.post_one()

    assert tower.queue.delays == [waits]


def test_a_receiver_that_is_gone_gets_nothing_any_more_until_the_rule_is_saved_again(tower: Tower) -> None:
    tower.webhooks.answer = lambda _: Reply(410)
    assert tower.post_one() is Outcome.FAILED

    rule = tower.kept(rule_of(tower))
    assert rule.webhook is not None
    assert "410" in rule.webhook.stopped
    tower.call("completed", "c1", reason="caller")
    tower.minute()
    assert tower.queue.messages == []

    body = {"name": "Q", "kind": "waiting", "threshold": 1, "settle_s": 0, "cooldown_s": 0, "webhook": URL}
    tower.book.change(tower.viewer(), rule.id, body, "*", tower.clock())
    tower.call("queued", "c2")
    tower.minute()
    assert len(tower.queue.messages) == 1


def test_an_address_that_leads_inside_is_never_tried_again(tower: Tower) -> None:
    def inside(_url: str) -> Reply:
        raise HookRefused("leads to an address that is not of the public internet")

    tower.webhooks.answer = inside
    assert tower.post_one() is Outcome.FAILED
    assert "not of the public internet" in delivery(tower).said
    assert tower.queue.messages == []


def test_a_message_that_comes_twice_posts_once(tower: Tower) -> None:
    message = tower.queue.messages[0]
    tower.post_one()
    tower.queue.messages.append(message)
    tower.queue.delays.append(0)

    assert tower.post_one() is Outcome.NOTHING
    assert len(tower.webhooks.posted) == 1


def test_a_second_message_waits_while_somebody_is_at_it(tower: Tower) -> None:
    outcomes = []

    def meanwhile(_url: str) -> Reply:
        outcomes.append(tower.hook().work(_asked(tower)))
        return Reply(200)

    tower.webhooks.answer = meanwhile
    tower.post_one()

    assert outcomes == [Outcome.LATER]
    assert len(tower.webhooks.posted) == 1
    tower.wait(2)
    assert tower.post_one() is Outcome.NOTHING


def _asked(tower: Tower) -> Asked:
    (event,) = tower.history(rule_of(tower))
    return Asked(workspace=WORKSPACE, rule=rule_of(tower), event=event.id)


def test_a_webhook_that_was_taken_away_is_not_posted_to(tower: Tower) -> None:
    rule = rule_of(tower)
    body = {"name": "Q", "kind": "waiting", "threshold": 1, "recipients": [{"user": "u-olga"}]}
    tower.book.change(tower.viewer(), rule, body, "*", tower.clock())

    assert tower.post_one() is Outcome.NOTHING
    assert tower.webhooks.posted == []
    assert delivery(tower).state is DeliveryState.SKIPPED


def first_fails() -> Callable[[str], Reply]:
    answers = iter([Reply(500)])
    return lambda _url: next(answers, Reply(200))


def test_a_worker_that_dies_at_any_call_leaves_the_notice_to_the_next_one(tower: Tower) -> None:
    """A receiver may get a repeat, by whose id it knows it; it never gets nothing."""
    tried = 0
    for at in range(1, 30):
        made = Tower()
        made.rule("waiting", 1, recipients=[], webhook=URL)
        made.call("queued", "c1")
        made.minute()
        made.webhooks.answer = first_fails()
        nth = Nth(at, Crash)
        with suppress(Crash):
            made.post_one(partial(Hooked, before=nth))
        if nth.calls < at:
            break
        tried += 1
        for _ in range(20):
            if not made.queue.messages:
                break
            made.wait(LEASE / timedelta(minutes=1))
            made.post_one()

        assert delivery(made).state is DeliveryState.SENT, at
        assert 1 <= len(made.webhooks.posted) <= 3
        assert len({headers["webhook-id"] for _, headers, _ in made.webhooks.posted}) == 1
    assert 5 < tried < 29


def test_while_a_secret_is_replaced_both_sign_and_then_only_the_new_one(tower: Tower) -> None:
    rule = rule_of(tower)
    old = tower.secret(rule)
    shown = tower.book.rotate(tower.viewer(), rule, tower.clock()).document
    assert shown.webhook is not None
    tower.post_one()

    _, headers, body = tower.webhooks.posted[0]
    both = headers["webhook-signature"].split()
    for secret in (old, shown.webhook.secret):
        assert Reference(secret).sign(headers["webhook-id"], tower.clock(), body.decode()) in both
    tower.wait(25 * 60)
    tower.rolled_up()
    tower.call("completed", "c1", reason="caller")
    tower.minute()
    tower.post_one()
    assert len(tower.webhooks.posted[1][1]["webhook-signature"].split()) == 1


def test_a_second_change_within_a_day_does_not_cut_off_the_first_secret(tower: Tower) -> None:
    rule = rule_of(tower)
    first = tower.secret(rule)
    for _ in range(2):
        tower.book.rotate(tower.viewer(), rule, tower.clock())
    tower.post_one()

    _, headers, body = tower.webhooks.posted[0]
    signatures = headers["webhook-signature"].split()
    assert len(signatures) == 3
    assert Reference(first).sign(headers["webhook-id"], tower.clock(), body.decode()) in signatures
    for _ in range(9):
        tower.book.rotate(tower.viewer(), rule, tower.clock())
    hook = tower.kept(rule).webhook
    assert hook is not None
    assert len(hook.secrets) == 4


def test_the_secret_is_sealed_for_its_rule_alone(tower: Tower) -> None:
    hook = tower.kept(rule_of(tower)).webhook
    assert hook is not None
    with pytest.raises(ValueError, match="context"):
        tower.vault.decrypt(hook.secrets[0].ciphertext, {"workspace": WORKSPACE, "alert": "a-other"})
    assert b"whsec" not in msgspec.json.encode(tower.kept(rule_of(tower)))
