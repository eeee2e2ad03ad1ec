"""A company whose alerts are looked at minute by minute: live calls are told, rows of the lake are put there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ringlake.access import Principal
from ringlake.flows.alerts.delivering import Delivering, Post
from ringlake.flows.alerts.editing import AlertBook
from ringlake.flows.alerts.hooks import Asked, Hooks, Outcome
from ringlake.flows.alerts.running import Alerting, Ran
from ringlake.flows.answers.facts import CachedFacts
from ringlake.flows.mailing.asking import Asking
from ringlake.model.alerts import AlertEvent, AlertRule, AlertState
from ringlake.model.directory import Directory
from ringlake.model.tables import CALLS
from ringlake.stores.addresses import Confirmations, MemoryAddresses, MemoryPasses
from ringlake.stores.alerts import MemoryAlerts
from ringlake.stores.columns import LakeColumns
from ringlake.stores.lake import ObjectLake
from ringlake.stores.mail import MemoryMail
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.queue import MemoryQueue
from ringlake.stores.vault import MemoryVault
from ringlake.stores.webhooks import MemoryWebhooks
from tests.unit.live.hall import DIRECTORY, WORKSPACE, Hall
from tests.unit.query.lake_rows import calls

SENDER = "alerts@acme.example"
URL = "https://hooks.example.com/in"

type Wrap = Callable[[Any], Any]


def as_it_is(store: Any) -> Any:
    return store


class Tower(Hall):
    def __init__(self, directory: Directory = DIRECTORY) -> None:
        super().__init__(directory)
        self.alerts, self.addresses, self.passes = MemoryAlerts(), MemoryAddresses(), MemoryPasses()
        self.mail, self.queue, self.webhooks, self.vault = MemoryMail(), MemoryQueue(), MemoryWebhooks(), MemoryVault()
        self.lake = ObjectLake(MemoryObjects())
        self.facts = CachedFacts(LakeColumns(self.lake))
        self.last = Ran()
        self.errors: list[tuple[str, str]] = []
        self.rolled_up()

    # --- what happens

    def rolled_up(self) -> None:
        """The lake has everything up to now."""
        self.directory.set_watermark(WORKSPACE, self.clock())

    def past(self, *rows: Mapping[str, Any]) -> None:
        """Calls of today in the lake; `ago` are minutes before now."""
        filled = [
            {
                "record_id": f"pbx:p{n}",
                "started_at": self.clock() - timedelta(minutes=row.get("ago", 1)),
                **{name: value for name, value in row.items() if name != "ago"},
            }
            for n, row in enumerate(rows)
        ]
        day = f"{self.clock():%Y-%m-%d}"
        self.lake.write(CALLS, WORKSPACE, day, calls(*filled), self.lake.etag(CALLS, WORKSPACE, day))
        self.rolled_up()

    def wait(self, minutes: float = 1) -> None:
        self.at += minutes * 60

    # --- what people do

    @property
    def book(self) -> AlertBook:
        confirmations = Confirmations(self.addresses, self.passes)
        asking = Asking(
            addresses=self.addresses,
            confirmations=confirmations,
            directory=self.directory,
            mail=self.mail,
            sender=SENDER,
            public_url="https://ringlake.example.com",
        )
        return AlertBook(
            alerts=self.alerts,
            directory=self.directory,
            addresses=self.addresses,
            vault=self.vault,
            asking=asking,
        )

    def viewer(self, name: str = "olga") -> Principal:
        return Principal(workspace=WORKSPACE, user=self.user(name))

    def rule(self, kind: str = "waiting", threshold: object = 1, by: str = "olga", **fields: Any) -> str:
        """A new rule that tells its owner, without pauses of any kind."""
        body = {
            "name": "Queue is long",
            "kind": kind,
            "threshold": threshold,
            "settle_s": 0,
            "cooldown_s": 0,
            "recipients": [{"user": f"u-{by}"}],
        }
        return self.book.create(self.viewer(by), body | fields, self.clock()).document.id

    def secret(self, rule_id: str) -> str:
        """The secret that signs now."""
        rule = self.kept(rule_id)
        assert rule.webhook is not None
        context = {"workspace": WORKSPACE, "alert": rule_id, "purpose": "alert_webhook"}
        return self.vault.decrypt(rule.webhook.secrets[-1].ciphertext, context).decode()

    # --- runs

    def look(self, wrap: Wrap = as_it_is) -> Ran:
        """One run, as one process does it."""
        self.last = self.alerting(wrap).run(
            self.clock, self.clock() + timedelta(seconds=60), lambda what, error: self.errors.append((what, error))
        )
        return self.last

    def minute(self, wrap: Wrap = as_it_is) -> Ran:
        """A minute passes, the roll-up runs, then the alerts."""
        self.wait()
        self.rolled_up()
        return self.look(wrap)

    def alerting(self, wrap: Wrap = as_it_is) -> Alerting:
        alerts, addresses = wrap(self.alerts), wrap(self.addresses)
        return Alerting(
            alerts=alerts,
            directory=wrap(self.directory),
            records=wrap(self.records),
            facts=wrap(self.facts),
            delivering=Delivering(
                alerts=alerts,
                addresses=addresses,
                confirmations=Confirmations(addresses, wrap(self.passes)),
                mail=wrap(self.mail),
                hooks=wrap(self.queue),
                post=Post(sender=SENDER, public_url="https://ringlake.example.com"),
            ),
        )

    def hook(self, wrap: Wrap = as_it_is) -> Hooks:
        return Hooks(
            alerts=wrap(self.alerts),
            vault=wrap(self.vault),
            webhooks=wrap(self.webhooks),
            queue=wrap(self.queue),
            clock=self.clock,
        )

    def post_one(self, wrap: Wrap = as_it_is) -> Outcome:
        """What the oldest message of the queue does; it stays there when the process dies."""
        _, message = self.queue.messages[0]
        done = self.hook(wrap).work(msgspec.convert(message, Asked))
        self.queue.messages.pop(0)
        self.queue.delays.pop(0)
        return done

    # --- what is there

    def kept(self, rule_id: str) -> AlertRule:
        return self.alerts.rules[WORKSPACE, rule_id]

    def state(self, rule_id: str) -> AlertState:
        return self.alerts.states[WORKSPACE, rule_id]

    def history(self, rule_id: str) -> list[AlertEvent]:
        """The oldest first."""
        return self.alerts.history(WORKSPACE, rule_id)[::-1]

    def kinds(self, rule_id: str) -> list[str]:
        return [event.kind.value for event in self.history(rule_id)]

    @property
    def told(self) -> list[str]:
        """To whom mails went."""
        return [str(message["To"]) for message in self.mail.sent]

    def now(self) -> datetime:
        return self.clock()
