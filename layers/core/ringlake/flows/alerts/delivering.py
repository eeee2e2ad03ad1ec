"""Notices on their way: mails are sent, webhooks handed to their queue.

A mail is claimed before it leaves and never sent twice; where nobody knows whether it left, that is said in the
history and it is not sent again (docs/adr/0051). What was not begun when a run died is begun by the next.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

from ringlake.errors import Conflict, Unavailable
from ringlake.files.mail import Envelope, Period, alert, budget
from ringlake.flows.letters import refusal_said
from ringlake.flows.mailing.recipients import OK, Reached, one_by_one, reached
from ringlake.flows.money.budgets import period_of
from ringlake.model.alerts import AlertEvent, AlertKind, AlertRule, Channel, Delivery, DeliveryState, EventKind
from ringlake.model.base import Model
from ringlake.model.directory import Directory, Workspace
from ringlake.model.schedules import Recipient
from ringlake.stores.addresses import Addresses, Confirmations
from ringlake.stores.alerts import Alerts
from ringlake.stores.mail import Mail, MailRefused, MailUncertain
from ringlake.stores.queue import Queue

from .moving import moved
from .notices import notices
from .recipients import SAID, topic_of

# Longer than a run may live: whoever claimed a mail so long ago is gone.
LEASE = timedelta(minutes=3)
# A mail that SES does not take is tried every minute for so long.
ATTEMPTS = 15
UNKNOWN = "the mail may not have left"


class Post(Model, frozen=True, kw_only=True):
    """Who writes, and where the links of mails lead."""

    sender: str
    public_url: str


class Delivering:
    def __init__(
        self,
        *,
        alerts: Alerts,
        addresses: Addresses,
        confirmations: Confirmations,
        mail: Mail,
        hooks: Queue,
        post: Post,
    ) -> None:
        self._alerts = alerts
        self._addresses = addresses
        self._confirmations = confirmations
        self._mail = mail
        self._hooks = hooks
        self._post = post

    def deliver(self, directory: Directory, rule: AlertRule, event_id: str, now: datetime) -> bool:
        """Bring an event's notices as far as they go; True when nothing of it is left to do here.

        Raises `Unavailable` when a store does not answer; the next run goes on.
        """
        workspace = directory.workspace.id
        event = self._alerts.event(workspace, rule.id, event_id)
        if event is None:
            return True
        for place in range(len(event.deliveries)):
            try:
                event = self._one(directory, rule, event, place, now)
            except Conflict:
                # Another run is at this one.
                event = self._alerts.event(workspace, rule.id, event_id) or event
        return all(_is_under_way(one) for one in event.deliveries)

    def _one(self, directory: Directory, rule: AlertRule, event: AlertEvent, place: int, now: datetime) -> AlertEvent:
        delivery = event.deliveries[place]
        if delivery.state is DeliveryState.SENDING and delivery.channel is Channel.MAIL and now - delivery.at > LEASE:
            return self._moved(directory, event, place, now, state=DeliveryState.FAILED, said=UNKNOWN)
        if delivery.state is not DeliveryState.PLANNED:
            return event
        if delivery.channel is Channel.WEBHOOK:
            message = {"workspace": directory.workspace.id, "rule": rule.id, "event": event.id}
            self._hooks.send(message, directory.workspace.id)
            return self._moved(directory, event, place, now, state=DeliveryState.QUEUED)
        return self._mailed(directory, rule, event, place, now)

    def _mailed(
        self, directory: Directory, rule: AlertRule, event: AlertEvent, place: int, now: datetime
    ) -> AlertEvent:
        delivery = event.deliveries[place]
        who = Recipient(user=delivery.user, address=delivery.address, language=delivery.language)
        (to,) = reached(topic_of(rule.id), [who], directory, one_by_one(self._addresses, directory.workspace.id))
        if to.state != OK:
            return self._moved(directory, event, place, now, state=DeliveryState.SKIPPED, said=SAID[to.state])
        try:
            message = self._letter(directory, rule, event, to, now)
        except ValueError:
            return self._moved(
                directory, event, place, now, state=DeliveryState.FAILED, said="the address cannot be mailed to"
            )
        claimed = self._moved(directory, event, place, now, state=DeliveryState.SENDING, attempts=delivery.attempts + 1)
        return self._sent(directory, claimed, place, message, now)

    def _sent(
        self, directory: Directory, event: AlertEvent, place: int, message: EmailMessage, now: datetime
    ) -> AlertEvent:
        try:
            self._mail.send(message)
        except Unavailable as error:
            # Certainly not sent: the next run tries again, a few times.
            last = event.deliveries[place].attempts >= ATTEMPTS
            state = DeliveryState.FAILED if last else DeliveryState.PLANNED
            return self._moved(directory, event, place, now, state=state, said=f"not taken: {error}")
        except MailRefused as refusal:
            said = refusal_said(refusal.why)
            return self._moved(directory, event, place, now, state=DeliveryState.FAILED, said=said)
        except MailUncertain:
            return self._moved(directory, event, place, now, state=DeliveryState.FAILED, said=UNKNOWN)
        return self._moved(directory, event, place, now, state=DeliveryState.SENT, said="")

    def _letter(
        self, directory: Directory, rule: AlertRule, event: AlertEvent, to: Reached, now: datetime
    ) -> EmailMessage:
        workspace = directory.workspace
        envelope = Envelope(
            id=f"{rule.id}.{event.id}",
            sender=self._post.sender,
            recipient=to.address,
            workspace=workspace.id,
            company=workspace.name,
            public_url=self._post.public_url,
            now=now,
            language=to.language,
            leave=self._confirmations.leave(workspace.id, to.address, topic_of(rule.id), now),
        )
        if rule.kind is AlertKind.SPEND and event.kind in (EventKind.FIRED, EventKind.STILL):
            today = event.at.astimezone(workspace.tz).date()
            first, last = period_of(rule.every, today, workspace.fiscal_month)
            return budget(
                envelope,
                name=rule.name,
                spent=event.measured if event.measured is not None else rule.threshold,
                limit=rule.threshold,
                currency=event.currency,
                period=Period(first=first, last=last),
                outside=to.outside,
            )
        return alert(
            envelope,
            list(notices(rule, event, directory)),
            zone=workspace.tz,
            more=event.more,
            trial=event.kind is EventKind.TEST,
            unsteady=event.unsteady,
            outside=to.outside,
        )

    def _moved(
        self, directory: Directory, event: AlertEvent, place: int, now: datetime, **fields: object
    ) -> AlertEvent:
        return moved(self._alerts, directory.workspace.id, event, place, now, **fields)


def planned(rule: AlertRule, now: datetime) -> tuple[Delivery, ...]:
    """One delivery to each place that the rule tells."""
    mails = (
        Delivery(channel=Channel.MAIL, user=one.user, address=one.address, language=one.language, at=now)
        for one in rule.recipients
    )
    hook = rule.webhook
    hooks = (Delivery(channel=Channel.WEBHOOK, at=now),) if hook is not None and not hook.stopped else ()
    return (*mails, *hooks)


def currency_of(kind: AlertKind, workspace: Workspace) -> str:
    """Of the values of a kind; "" where they are no money."""
    return workspace.currency if kind is AlertKind.SPEND else ""


def _is_under_way(delivery: Delivery) -> bool:
    """A webhook that was handed on is its worker's."""
    return delivery.done or (delivery.channel is Channel.WEBHOOK and delivery.state is not DeliveryState.PLANNED)
