"""What people do with alerts: make them, change them, mute and try them, look at what came of them.

A rule belongs to its owner, whose rights decide what it sees; administrators see and change all of them, and take one
over whose owner has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ringlake.access import Principal, abilities, scope
from ringlake.access.scope import shows_person
from ringlake.errors import Conflict, Forbidden, InvalidRequest, NotFound, Outdated, PlanTooLow, Taken
from ringlake.flows.directory.office import View, check_version, line, may, need, new_id, refuse
from ringlake.flows.mailing.asking import Asking
from ringlake.flows.mailing.recipients import UNCONFIRMED, Known, all_at_once, one_by_one, reached
from ringlake.flows.plans import PLANS
from ringlake.metrics.alerting import begun, event_id
from ringlake.model.alerts import (
    WINDOWED,
    AlertEvent,
    AlertKind,
    AlertRule,
    AlertState,
    EventKind,
    HookSecret,
    Incident,
    QuietHours,
    Webhook,
)
from ringlake.model.directory import Ability, Directory
from ringlake.model.schedules import Recipient
from ringlake.query.filters import parse
from ringlake.stores.addresses import Addresses
from ringlake.stores.alerts import Alerts, Standing
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.vault import Vault
from ringlake.stores.webhooks import new_secret

from .bodies import AlertBody, MuteBody
from .delivering import currency_of, planned
from .hooks import hook_context
from .payload import unit_of
from .recipients import topic_of
from .views import (
    AlertEventView,
    AlertHistory,
    AlertList,
    AlertRecipientView,
    AlertStateView,
    AlertView,
    DeliveryView,
    IncidentView,
    QuietView,
    WebhookView,
)

MOST_OWN = 50
MOST = 200
HISTORY_PAGE = 50
# Trials of one rule within a day: each is a mail to everybody and a request to an address of somebody's choice.
MOST_TESTS = 10
LONGEST_MUTE = timedelta(days=31)
# A secret that was replaced still signs for so long, beside the new one.
OVERLAP = timedelta(hours=24)
# So many replaced ones at once; every one of them is a signature in each request.
MOST_SECRETS = 3
_DAY = timedelta(days=1)
# What a rule watches: with another value of one of these it begins anew.
_WATCHED = (
    "kind", "owner", "team", "queue", "number", "user", "every", "threshold", "clear", "window_s", "least",
    "open_hours",
)  # fmt: skip
# What an administrator must have himself before he changes what somebody else's rights send out.
_SEEN = frozenset({Ability.SEE_COSTS})


class AlertBook:
    """Use cases over the stores of one installation."""

    def __init__(
        self,
        *,
        alerts: Alerts,
        directory: DirectoryStore,
        addresses: Addresses,
        vault: Vault,
        asking: Asking,
    ) -> None:
        self._alerts = alerts
        self._directory = directory
        self._addresses = addresses
        self._vault = vault
        self._asking = asking

    def all(self, viewer: Principal) -> AlertList:
        directory = self._loaded(viewer)
        found = [one for one in self._alerts.all(viewer.workspace) if _sees(viewer, one.rule)]
        found.sort(key=lambda one: (one.rule.name.casefold(), one.rule.id))
        known = all_at_once(self._addresses, viewer.workspace)
        return AlertList(alerts=tuple(self._view(viewer, one, directory, known) for one in found))

    def show(self, viewer: Principal, rule_id: str) -> View[AlertView]:
        """Raises `NotFound` for what is not there and for what is somebody else's."""
        directory = self._loaded(viewer)
        return self._versioned(viewer, self._seen(viewer, rule_id), directory)

    def create(self, viewer: Principal, body: Any, now: datetime) -> View[AlertView]:
        """Raises `InvalidRequest` naming the fields, `Forbidden` for what the viewer may not watch or tell."""
        directory, asked = self._loaded(viewer), parse(AlertBody, body)
        kept = [one.rule for one in self._alerts.all(viewer.workspace) if one.rule.deleted_at is None]
        if len([one for one in kept if one.owner == viewer.user.id]) >= MOST_OWN or len(kept) >= MOST:
            raise InvalidRequest("name", f"you have {MOST_OWN} alerts, or all of you {MOST}: delete one first")
        if asked.owner not in ("", viewer.user.id):
            raise InvalidRequest("owner", "an alert is made for oneself")
        rule = AlertRule(
            id=new_id("alert"),
            owner=viewer.user.id,
            watches_from=now,
            created_at=now,
            updated_at=now,
            **_fields(asked),
        )
        self._check(viewer, rule, directory)
        rule, secret = self._hooked(viewer, rule, asked.webhook, None)
        self._ask(viewer, rule, directory, now)
        self._put(viewer, rule, None, "alert.create", now)
        return self._versioned(viewer, Standing(rule, None), directory, secret)

    def change(self, viewer: Principal, rule_id: str, body: Any, version: str | None, now: datetime) -> View[AlertView]:
        """All of it anew. With another address the webhook has another secret."""
        directory, standing = self._loaded(viewer), self._seen(viewer, rule_id)
        before = standing.rule
        check_version(str(before.version), version)
        asked = parse(AlertBody, body)
        if asked.owner not in ("", before.owner, viewer.user.id):
            raise InvalidRequest("owner", "an alert is taken over by oneself")
        after = msgspec.structs.replace(
            before,
            **_fields(asked),
            owner=asked.owner or before.owner,
            updated_at=now,
            version=before.version + 1,
        )
        if (after.enabled and not before.enabled) or any(getattr(after, n) != getattr(before, n) for n in _WATCHED):
            after = msgspec.structs.replace(after, watches_from=now)
        self._check(viewer, after, directory)
        after, secret = self._hooked(viewer, after, asked.webhook, before.webhook)
        self._ask(viewer, after, directory, now)
        self._put(viewer, after, before, "alert.change", now)
        return self._versioned(viewer, Standing(after, standing.state), directory, secret)

    def delete(self, viewer: Principal, rule_id: str, now: datetime) -> View[AlertView]:
        directory, standing = self._loaded(viewer), self._seen(viewer, rule_id)
        after = _changed(standing.rule, now, deleted_at=now)
        self._put(viewer, after, standing.rule, "alert.delete", now)
        return self._versioned(viewer, Standing(after, standing.state), directory)

    def mute(self, viewer: Principal, rule_id: str, body: Any, now: datetime) -> View[AlertView]:
        """Nobody is told for a while; what still fires afterwards is told then."""
        directory, standing, asked = self._loaded(viewer), self._seen(viewer, rule_id), parse(MuteBody, body)
        if asked.until is not None and asked.until > now + LONGEST_MUTE:
            raise InvalidRequest("until", f"at most {LONGEST_MUTE.days} days; an alert can be disabled too")
        until = asked.until if asked.until is not None and asked.until > now else None
        after = _changed(standing.rule, now, muted_until=until)
        self._put(viewer, after, standing.rule, "alert.mute" if until else "alert.unmute", now)
        return self._versioned(viewer, Standing(after, standing.state), directory)

    def rotate(self, viewer: Principal, rule_id: str, now: datetime) -> View[AlertView]:
        """A new secret for the webhook; the old one signs beside it for a day."""
        directory, standing = self._loaded(viewer), self._seen(viewer, rule_id)
        need(viewer, Ability.ADMINISTER, "a webhook")
        rule, hook = standing.rule, standing.rule.webhook
        if hook is None:
            raise Taken("this alert has no webhook")
        secret = new_secret()
        sealed = self._sealed(viewer, rule, secret)
        # One that was replaced before keeps its own end: who changes twice in a day cuts nobody off.
        kept = [
            HookSecret(ciphertext=one.ciphertext, until=one.until or now + OVERLAP)
            for one in hook.secrets
            if one.until is None or now < one.until
        ][-MOST_SECRETS:]
        after = _changed(rule, now, webhook=Webhook(url=hook.url, secrets=(*kept, sealed)))
        self._put(viewer, after, rule, "alert.secret", now)
        return self._versioned(viewer, Standing(after, standing.state), directory, secret)

    def test(self, viewer: Principal, rule_id: str, now: datetime) -> AlertEventView:
        """Tell everybody once, as a trial; within a minute. Raises `Taken` where nothing would come of it."""
        directory, standing = self._loaded(viewer), self._seen(viewer, rule_id)
        rule = standing.rule
        if not rule.enabled:
            raise Taken("a disabled alert tells nobody: enable it first")
        tried = [
            one
            for one in self._alerts.history(viewer.workspace, rule.id)
            if one.kind is EventKind.TEST and now - one.at < _DAY
        ]
        if len(tried) >= MOST_TESTS:
            raise Taken(f"it was tried {MOST_TESTS} times within a day: look at its history")
        known = standing.state
        state = begun(rule, known or AlertState(rule=rule.id, watches_from=rule.watches_from))
        incident = Incident(number=state.firings, at=now, value=rule.threshold, worst=rule.threshold)
        event = AlertEvent(
            id=event_id(now, state.firings, EventKind.TEST),
            rule=rule.id,
            kind=EventKind.TEST,
            at=now,
            measured=rule.threshold,
            threshold=rule.threshold,
            incidents=(incident,),
            tells=True,
            currency=currency_of(rule.kind, directory.workspace),
            deliveries=planned(rule, now),
        )
        after = msgspec.structs.replace(state, open=(*state.open, event.id), version=state.version + 1)
        self._directory.audit(line(viewer, now, "alert.test", rule.id))
        self._alerts.advance(viewer.workspace, after, known, [event])
        return _event(event)

    def history(self, viewer: Principal, rule_id: str, before: str) -> AlertHistory:
        self._loaded(viewer)
        rule = self._seen(viewer, rule_id).rule
        if rule.kind is AlertKind.SPEND:
            need(viewer, Ability.SEE_COSTS, "what was spent")
        found = self._alerts.history(viewer.workspace, rule.id, before, HISTORY_PAGE + 1)
        page = found[:HISTORY_PAGE]
        return AlertHistory(events=[_event(one) for one in page], next=page[-1].id if len(found) > HISTORY_PAGE else "")

    # --- what every use case needs

    def _loaded(self, viewer: Principal) -> Directory:
        """Raises `PlanTooLow`: what an alert sees is what analytics show (features.md O1)."""
        directory = self._directory.load(viewer.workspace, key=False)
        if directory.workspace.plan not in PLANS:
            raise PlanTooLow("alerts need the plan business or scale")
        return directory

    def _seen(self, viewer: Principal, rule_id: str) -> Standing:
        found = self._alerts.get(viewer.workspace, rule_id)
        if found is None or not _sees(viewer, found.rule):
            raise NotFound(rule_id)
        return found

    def _check(self, viewer: Principal, rule: AlertRule, directory: Directory) -> None:
        """Raises what is wrong with a rule in this workspace and for these people."""
        owner = next((user for user in directory.users if user.id == rule.owner), None)
        if owner is not None and owner.id != viewer.user.id and owner.active:
            more = (abilities(owner) & _SEEN) - abilities(viewer.user)
            if more or not scope(viewer.user).covers(scope(owner)):
                raise Forbidden("the owner of this alert sees more than you")
        if rule.kind is AlertKind.SPEND and not may(viewer, Ability.SEE_COSTS):
            need(viewer, Ability.SEE_COSTS, "an alert about spend")
        refuse([*_places(viewer, rule, directory), *_strangers(rule.recipients, directory)])

    def _hooked(self, viewer: Principal, rule: AlertRule, url: str, known: Webhook | None) -> tuple[AlertRule, str]:
        """The rule with its webhook, and its secret when it is a new one. Only administrators send data out so."""
        if not url:
            return msgspec.structs.replace(rule, webhook=None), ""
        if known is not None and known.url == url:
            # Saving a rule again is how people say that the receiver is there again.
            return msgspec.structs.replace(rule, webhook=msgspec.structs.replace(known, stopped="")), ""
        need(viewer, Ability.ADMINISTER, "a webhook")
        secret = new_secret()
        hook = Webhook(url=url, secrets=(self._sealed(viewer, rule, secret),))
        return msgspec.structs.replace(rule, webhook=hook), secret

    def _sealed(self, viewer: Principal, rule: AlertRule, secret: str) -> HookSecret:
        context = hook_context(viewer.workspace, rule.id)
        return HookSecret(ciphertext=self._vault.encrypt(secret.encode(), context))

    def _ask(self, viewer: Principal, rule: AlertRule, directory: Directory, now: datetime) -> None:
        """Ask people outside whether they want mails, before anything else is sent to them (demands.md D57)."""
        known = one_by_one(self._addresses, viewer.workspace)
        for place, to in enumerate(reached(topic_of(rule.id), rule.recipients, directory, known)):
            if to.state == UNCONFIRMED and to.asked_at is None:
                try:
                    self._asking.ask(viewer, {"address": to.address, "language": to.language.value}, now)
                except InvalidRequest as error:
                    raise InvalidRequest(f"recipients.{place}.address", error.reason) from None

    def _put(self, viewer: Principal, after: AlertRule, before: AlertRule | None, action: str, now: datetime) -> None:
        told = {"kind": after.kind.value, "recipients": len(after.recipients), "webhook": after.webhook is not None}
        self._directory.audit(line(viewer, now, action, after.id, **told))
        try:
            self._alerts.put_rule(viewer.workspace, after, before)
        except Conflict:
            raise Outdated("somebody else changed it meanwhile: read it again") from None

    # --- what is shown

    def _versioned(
        self, viewer: Principal, standing: Standing, directory: Directory, secret: str = ""
    ) -> View[AlertView]:
        known = one_by_one(self._addresses, viewer.workspace)
        return View(self._view(viewer, standing, directory, known, secret), str(standing.rule.version))

    def _view(
        self, viewer: Principal, standing: Standing, directory: Directory, known: Known, secret: str = ""
    ) -> AlertView:
        rule = standing.rule
        hook = rule.webhook
        same = (
            "id", "name", "kind", "owner", "threshold", "clear", "team", "queue", "number", "user", "lasts_s",
            "settle_s", "cooldown_s", "least", "open_hours", "tells_end", "enabled", "muted_until", "created_at",
            "updated_at", "version",
        )  # fmt: skip
        return AlertView(
            **{name: getattr(rule, name) for name in same},
            mine=rule.owner == viewer.user.id,
            unit=unit_of(rule.kind),
            currency=currency_of(rule.kind, directory.workspace),
            every=rule.every if rule.kind is AlertKind.SPEND else None,
            window_s=rule.window_s if rule.kind in WINDOWED else None,
            recipients=tuple(
                AlertRecipientView(
                    user=to.recipient.user,
                    address=to.recipient.address,
                    language=to.recipient.language,
                    state=to.state,
                )
                for to in reached(topic_of(rule.id), rule.recipients, directory, known)
            ),
            webhook=None
            if hook is None
            else WebhookView(url=hook.url, secrets=len(hook.secrets), secret=secret, stopped=hook.stopped),
            quiet=QuietView(weekly=rule.quiet.weekly, mode=rule.quiet.mode),
            state=_state(viewer, rule, standing.state),
        )


def _sees(viewer: Principal, rule: AlertRule) -> bool:
    return rule.deleted_at is None and (rule.owner == viewer.user.id or may(viewer, Ability.ADMINISTER))


def _changed(rule: AlertRule, now: datetime, **fields: Any) -> AlertRule:
    return msgspec.structs.replace(rule, **fields, updated_at=now, version=rule.version + 1)


def _fields(asked: AlertBody) -> dict[str, Any]:
    return {
        **asked.plain(),
        "recipients": tuple(
            Recipient(user=one.user, address=one.address, language=one.language) for one in asked.recipients
        ),
        "quiet": QuietHours(weekly=asked.quiet.weekly, mode=asked.quiet.mode),
    }


def _places(viewer: Principal, rule: AlertRule, directory: Directory) -> list[tuple[str, str]]:
    """Teams and numbers have to be there, and inside what the viewer sees: an alert about a team of which nobody is
    seen would say for ever that nobody is there.
    """
    seen, wrong = scope(viewer.user), []
    teams = {one.id for one in directory.teams if one.deleted_at is None and (seen.everything or one.id in seen.teams)}
    numbers = {one.id for one in directory.numbers if one.deleted_at is None}
    if rule.team and rule.team not in teams:
        wrong.append(("team", "there is no such team that you see"))
    if rule.user and not any(
        one.id == rule.user and shows_person(seen, one, viewer.user.id) for one in directory.users
    ):
        wrong.append(("user", "there is no such user that you see"))
    if rule.number and rule.number not in numbers:
        wrong.append(("number", "there is no such number"))
    return wrong


def _strangers(recipients: Sequence[Recipient], directory: Directory) -> list[tuple[str, str]]:
    there = {user.id for user in directory.users if user.deleted_at is None}
    return [
        (f"recipients.{n}.user", "there is no such user")
        for n, one in enumerate(recipients)
        if one.user and one.user not in there
    ]


def _state(viewer: Principal, rule: AlertRule, known: AlertState | None) -> AlertStateView:
    """What was spent is for who may see costs."""
    state = begun(rule, known or AlertState(rule=rule.id, watches_from=rule.watches_from))
    hides = rule.kind is AlertKind.SPEND and not may(viewer, Ability.SEE_COSTS)
    return AlertStateView(
        phase=state.phase,
        since=state.since,
        incident=_incident(state.incident) if state.incident and not hides else None,
        told=state.told,
        unsteady=state.unsteady,
        firings=state.firings,
        held=len(state.held) + state.held_more,
        stopped=state.stopped,
    )


def _incident(one: Incident) -> IncidentView:
    return IncidentView(number=one.number, at=one.at, value=one.value, worst=one.worst, over_at=one.over_at)


def _event(event: AlertEvent) -> AlertEventView:
    same = ("id", "kind", "at", "measured", "threshold", "n", "more", "unsteady", "silent")
    of_delivery = ("channel", "user", "address", "state", "at", "attempts", "said")
    return AlertEventView(
        **{name: getattr(event, name) for name in same},
        incidents=tuple(_incident(one) for one in event.incidents),
        deliveries=tuple(
            DeliveryView(**{name: getattr(one, name) for name in of_delivery}) for one in event.deliveries
        ),
    )
