"""The worker of webhooks: one attempt for each message, the next one later (docs/adr/0106).

An attempt is claimed before anything leaves, and every attempt has the id of the event, so that a receiver knows a
repeat. 2xx is the only success; a redirect is none. 410 says that the receiver is gone: nothing is posted any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

import msgspec

from ringlake.errors import Conflict
from ringlake.model.alerts import AlertEvent, AlertRule, Channel, Delivery, DeliveryState, Webhook
from ringlake.model.base import Model
from ringlake.stores.alerts import Alerts
from ringlake.stores.queue import LONGEST_DELAY_S, Queue
from ringlake.stores.vault import Vault
from ringlake.stores.webhooks import HookRefused, Reply, Unreachable, Webhooks, signed

from .moving import moved
from .payload import payload

# Pauses after the first, second, ... attempt that failed: ten attempts over an hour and a half. Later it is no news.
PAUSES_S = (5, 30, 120, 600, 900, 900, 900, 900, 900)
ATTEMPTS = len(PAUSES_S) + 1
# Longer than a worker may live: whoever claimed an attempt so long ago is gone.
LEASE = timedelta(seconds=60)
GONE = "the receiver answered 410: nothing is posted there any more"


class Asked(Model, frozen=True, kw_only=True):
    """Body of a queue message."""

    workspace: str
    rule: str
    event: str


class Outcome(StrEnum):
    """What one message did: delivered, will be tried again, given up, or nothing was left to do."""

    SENT = "sent"
    LATER = "later"
    FAILED = "failed"
    NOTHING = "nothing"


def hook_context(workspace: str, rule_id: str) -> dict[str, str]:
    """What the ciphertext of a webhook's secret is bound to."""
    return {"workspace": workspace, "alert": rule_id, "purpose": "alert_webhook"}


class Hooks:
    def __init__(
        self,
        *,
        alerts: Alerts,
        vault: Vault,
        webhooks: Webhooks,
        queue: Queue,
        clock: Callable[[], datetime],
    ) -> None:
        self._alerts = alerts
        self._vault = vault
        self._webhooks = webhooks
        self._queue = queue
        self._clock = clock

    def work(self, asked: Asked) -> Outcome:
        """One message. Raises `Unavailable` when it has to come again as it is."""
        event = self._alerts.event(asked.workspace, asked.rule, asked.event)
        standing = self._alerts.get(asked.workspace, asked.rule)
        place = _place(event) if event is not None else None
        if event is None or standing is None or place is None:
            return Outcome.NOTHING
        now, delivery = self._clock(), event.deliveries[place]
        wait = _wait_s(delivery, now)
        if wait:
            self._again(asked, wait)
            return Outcome.LATER
        hook = standing.rule.webhook
        why = _why_not(standing.rule, hook)
        try:
            if hook is None or why:
                moved(self._alerts, asked.workspace, event, place, now, state=DeliveryState.SKIPPED, said=why)
                return Outcome.NOTHING
            claimed = moved(
                self._alerts,
                asked.workspace,
                event,
                place,
                now,
                state=DeliveryState.SENDING,
                attempts=delivery.attempts + 1,
            )
        except Conflict:
            # Another message of this event is at it, and will come again if it fails.
            return Outcome.NOTHING
        return self._attempt(asked, standing.rule, hook, claimed, place)

    def _attempt(self, asked: Asked, rule: AlertRule, hook: Webhook, event: AlertEvent, place: int) -> Outcome:
        now = self._clock()
        body = payload(asked.workspace, rule, event)
        context = hook_context(asked.workspace, rule.id)
        live = [one for one in hook.secrets if one.until is None or now < one.until]
        keys = [self._vault.decrypt(one.ciphertext, context).decode() for one in live]
        try:
            reply = self._webhooks.post(hook.url, signed(f"{rule.id}_{event.id}", now, body, keys), body)
        except HookRefused as refusal:
            return self._end(asked, event, place, DeliveryState.FAILED, f"the address {refusal}")
        except Unreachable as error:
            return self._failed(asked, event, place, str(error))
        if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            return self._end(asked, event, place, DeliveryState.SENT, f"answered {reply.status}")
        if reply.status == HTTPStatus.GONE:
            self._stop(asked.workspace, rule, hook)
            return self._end(asked, event, place, DeliveryState.FAILED, GONE)
        said = "a redirect, which is not followed" if reply.status < HTTPStatus.BAD_REQUEST else "answered"
        return self._failed(asked, event, place, f"{said} {reply.status}", reply)

    def _failed(self, asked: Asked, event: AlertEvent, place: int, said: str, reply: Reply | None = None) -> Outcome:
        attempts = event.deliveries[place].attempts
        if attempts >= ATTEMPTS:
            return self._end(asked, event, place, DeliveryState.FAILED, f"given up after {attempts} attempts: {said}")
        asked_for = reply.retry_after_s if reply and reply.retry_after_s else 0
        # The message first: a death in between leaves a message that finds the claim and waits it out.
        self._again(asked, max(PAUSES_S[attempts - 1], asked_for))
        return self._end(asked, event, place, DeliveryState.QUEUED, said)

    def _end(self, asked: Asked, event: AlertEvent, place: int, state: DeliveryState, said: str) -> Outcome:
        try:
            moved(self._alerts, asked.workspace, event, place, self._clock(), state=state, said=said)
        except Conflict:
            # We were away for longer than the lease, and somebody else took over.
            return Outcome.NOTHING
        return {
            DeliveryState.SENT: Outcome.SENT,
            DeliveryState.FAILED: Outcome.FAILED,
            DeliveryState.QUEUED: Outcome.LATER,
        }[state]

    def _again(self, asked: Asked, seconds: int) -> None:
        message: Mapping[str, str] = {"workspace": asked.workspace, "rule": asked.rule, "event": asked.event}
        self._queue.send(message, asked.workspace, min(seconds, LONGEST_DELAY_S))

    def _stop(self, workspace: str, rule: AlertRule, hook: Webhook) -> None:
        """Somebody who changes the rule meanwhile knows better."""
        stopped = msgspec.structs.replace(
            rule, webhook=msgspec.structs.replace(hook, stopped=GONE), version=rule.version + 1
        )
        try:
            self._alerts.put_rule(workspace, stopped, rule)
        except Conflict:
            return


def _place(event: AlertEvent) -> int | None:
    """Where the event's webhook stands among its deliveries, while it is not done."""
    return next((n for n, one in enumerate(event.deliveries) if one.channel is Channel.WEBHOOK and not one.done), None)


def _wait_s(delivery: Delivery, now: datetime) -> int:
    """Seconds until this delivery may be tried: somebody is at it, or its pause is not over."""
    if delivery.state is DeliveryState.SENDING:
        until = delivery.at + LEASE
    elif delivery.state is DeliveryState.QUEUED and delivery.attempts:
        # A second less: clocks of two machines.
        until = delivery.at + timedelta(seconds=PAUSES_S[delivery.attempts - 1] - 1)
    else:
        return 0
    return max(-int((now - until).total_seconds() // 1), 0)


def _why_not(rule: AlertRule, hook: Webhook | None) -> str:
    if hook is None or rule.deleted_at is not None:
        return "the rule has no webhook any more"
    return hook.stopped
