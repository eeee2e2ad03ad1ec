"""Exactly one notice of each firing, wherever a process dies, a store fails, or two runs meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from ringlake.errors import Unavailable
from ringlake.model.alerts import Delivery, DeliveryState
from ringlake.stores.mail import MailRefused, MailUncertain, MemoryMail, Refusal
from tests.driver.faults import Crash, Hooked, Nth
from tests.unit.alerts.tower import URL, Tower, Wrap

# More than the longest path of the tests below calls stores; each call is tried once.
MOST_CALLS = 60


def unavailable() -> Unavailable:
    return Unavailable("a store does not answer")


class After:
    """A store whose nth call of all is done before the process dies, or its answer is lost."""

    def __init__(self, store: Any, nth: Nth) -> None:
        self._store = store
        self._nth = nth

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            done = found(*args, **kwargs)
            try:
                self._nth()
            except Unavailable:
                if name == "send" and isinstance(self._store, MemoryMail):
                    # SES's answer was lost: that is said as what it is.
                    raise MailUncertain("a time-out") from None
                raise
            return done

        return call


def before_it(nth: Nth) -> Wrap:
    return lambda store: Hooked(store, nth)


def after_it(nth: Nth) -> Wrap:
    return lambda store: After(store, nth)


def armed() -> tuple[Tower, str]:
    """A rule that fires at the next look, and tells two people and a program."""
    tower = Tower()
    rule = tower.rule("waiting", 1, recipients=[{"user": "u-olga"}, {"user": "u-mia"}], webhook=URL)
    tower.call("queued", "c1")
    return tower, rule


def carried_on(tower: Tower) -> None:
    """The next runs, and the worker of webhooks until its queue is empty."""
    for _ in range(6):
        tower.minute()
    for _ in range(30):
        if not tower.queue.messages:
            break
        tower.wait(1)
        tower.post_one()


def mails(tower: Tower) -> Counter[str]:
    return Counter(tower.told)


@pytest.mark.parametrize("where", [before_it, after_it])
@pytest.mark.parametrize("error", [Crash, unavailable])
def test_a_run_that_dies_at_any_call_of_any_store_tells_everybody_once(
    where: Callable[[Nth], Wrap], error: Callable[[], BaseException]
) -> None:
    tried = 0
    for at in range(1, MOST_CALLS):
        tower, rule = armed()
        nth = Nth(at, error)
        with suppress(Crash, Unavailable):
            tower.minute(where(nth))
        if nth.calls < at:
            break
        tried += 1
        carried_on(tower)

        assert tower.kinds(rule) == ["fired"], at
        assert len({headers["webhook-id"] for _, headers, _ in tower.webhooks.posted}) == 1
        assert len(tower.webhooks.posted) == 1, at
        told = mails(tower)
        assert max(told.values()) == 1, at
        (event,) = tower.history(rule)
        for one, address in zip(event.deliveries[:2], ("olga@acme.example", "mia@acme.example"), strict=True):
            # A mail at whose sending the process died may have left, and its history says so.
            assert_honest(one, told[address], at)
        assert event.deliveries[2].state is DeliveryState.SENT
    assert 15 < tried < MOST_CALLS - 1


def assert_honest(delivery: Delivery, sent: int, at: int) -> None:
    if delivery.state is DeliveryState.SENT:
        assert sent == 1, at
    else:
        assert delivery.state is DeliveryState.FAILED, (at, delivery)
        assert delivery.said == "the mail may not have left", at


def test_where_nothing_dies_at_the_mail_service_itself_everybody_is_told() -> None:
    """Of all the places to die, two leave the fate of a mail unknown: before and after it was handed over."""
    lost = []
    for at in range(1, MOST_CALLS):
        tower, _ = armed()
        nth = Nth(at, Crash)
        with suppress(Crash):
            tower.minute(before_it(nth))
        if nth.calls < at:
            break
        carried_on(tower)
        if sum(mails(tower).values()) < 2:
            lost.append(at)
    # One for each of the two mails: dead between the claim and the sending.
    assert len(lost) == 2


class Meeting:
    """A whole second run, a second later, before the nth call of the first."""

    def __init__(self, tower: Tower, at: int) -> None:
        self._tower = tower
        self._at = at
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == self._at:
            self._tower.wait(1 / 60)
            self._tower.look()


def test_two_runs_at_once_tell_everybody_once() -> None:
    tried = 0
    for at in range(1, MOST_CALLS):
        tower, rule = armed()
        tower.wait()
        tower.rolled_up()
        meeting = Meeting(tower, at)
        tower.look(partial(Hooked, before=meeting))
        if meeting.calls < at:
            break
        tried += 1
        carried_on(tower)

        assert tower.kinds(rule) == ["fired"], at
        assert mails(tower) == {"olga@acme.example": 1, "mia@acme.example": 1}, at
        assert len(tower.webhooks.posted) == 1, at
        assert {one.state for one in tower.history(rule)[0].deliveries} == {DeliveryState.SENT}, at
    assert 15 < tried < MOST_CALLS - 1


def test_two_runs_at_once_tell_an_end_once() -> None:
    tried = 0
    for at in range(1, MOST_CALLS):
        tower, rule = armed()
        carried_on(tower)
        tower.call("completed", "c1", reason="caller")
        tower.wait()
        tower.rolled_up()
        meeting = Meeting(tower, at)
        tower.look(partial(Hooked, before=meeting))
        if meeting.calls < at:
            break
        tried += 1
        carried_on(tower)

        assert tower.kinds(rule) == ["fired", "resolved"], at
        assert mails(tower) == {"olga@acme.example": 2, "mia@acme.example": 2}, at
        assert len(tower.webhooks.posted) == 2, at
    assert 15 < tried < MOST_CALLS - 1


def test_a_mail_service_that_is_busy_gets_the_mail_a_minute_later() -> None:
    tower, rule = armed()

    class Busy:
        def send(self, message: object) -> None:
            raise Unavailable("Throttling")

    tower.minute(lambda store: Busy() if store is tower.mail else store)
    assert [one.state for one in tower.history(rule)[0].deliveries[:2]] == [DeliveryState.PLANNED] * 2
    tower.minute()

    assert mails(tower) == {"olga@acme.example": 1, "mia@acme.example": 1}
    assert [one.attempts for one in tower.history(rule)[0].deliveries[:2]] == [2, 2]


def test_a_mail_service_that_stays_busy_is_given_up_in_the_end() -> None:
    tower, rule = armed()

    class Busy:
        def send(self, message: object) -> None:
            raise Unavailable("Throttling")

    for _ in range(20):
        tower.minute(lambda store: Busy() if store is tower.mail else store)
    states = [one.state for one in tower.history(rule)[0].deliveries[:2]]
    assert states == [DeliveryState.FAILED] * 2
    assert tower.state(rule).open == ()


@pytest.mark.parametrize(
    ("error", "said"),
    [(MailUncertain("x"), "may not have left"), (MailRefused("x", Refusal.SENDER_UNVERIFIED), "verif")],
)
def test_what_the_mail_service_said_stands_in_the_history_and_the_mail_is_not_sent_again(
    error: Exception, said: str
) -> None:
    tower, rule = armed()
    sent = 0

    class Odd:
        def send(self, message: object) -> None:
            nonlocal sent
            sent += 1
            raise error

    for _ in range(5):
        tower.minute(lambda store: Odd() if store is tower.mail else store)

    assert sent == 2
    for one in tower.history(rule)[0].deliveries[:2]:
        assert one.state is DeliveryState.FAILED
        assert said in one.said
