"""A world in which schedules are made and their times come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import msgspec

from ringlake.errors import Unavailable
from ringlake.flows.answers.facts import LakeFacts
from ringlake.flows.answers.summary import SummaryAnswers
from ringlake.flows.requests import Desk
from ringlake.flows.schedules import Ordering, Ticked, Ticking
from ringlake.flows.schedules.views import ScheduleView
from ringlake.model.jobs import Job
from ringlake.model.mailing import EVERYTHING, Left, MailAddress
from ringlake.model.schedules import ScheduleRun
from ringlake.stores.addresses import Confirmations
from tests.unit.export.world import World

OUTSIDE = "boss@client.example"
# Every day at eight in Warsaw, to the owner: on the 12th of March 2026 at 07:00 UTC for the first time.
DAILY: dict[str, Any] = {
    "name": "Yesterday",
    "what": {"request": {"filter": {"channels": ["call"]}}},
    "timing": {"cadence": "daily", "at": "08:00"},
    "recipients": [{"user": "owner"}],
}


class _Down:
    def rows(self, *_asked: object) -> None:
        raise Unavailable("the lake is down")


class Scheduled(World):
    rolls_up = True
    lake_is_down = False

    def make(self, user_id: str = "owner", **body: Any) -> ScheduleView:
        return self.scheduling.create(self.viewer(user_id), {**DAILY, **body}, self.now).document

    def tick(
        self,
        at: datetime,
        wrap: Callable[[Any], Any] = lambda store: store,
        until: Callable[[], bool] = lambda: True,
    ) -> Ticked:
        """One tick at this time, with every store wrapped; the lake is as far as it is a minute later."""
        self.now = at
        if self.rolls_up:
            self.directory.set_watermark("acme", at - timedelta(minutes=1))
        numbers = count(len(self.jobs.rows))
        desk = self.desk_with(wrap)
        addresses = wrap(self.addresses)
        confirmations = Confirmations(addresses, wrap(self.passes))
        return Ticking(
            schedules=wrap(self.schedules),
            directory=wrap(self.directory),
            addresses=addresses,
            desk=desk,
            ordering=Ordering(desk, self._summary, wrap(self.saved), confirmations),
            tail=lambda: f"{next(numbers):020x}",
        ).tick(at, until, log=lambda _schedule, _error: None)

    @property
    def _summary(self) -> SummaryAnswers:
        facts: Any = _Down() if self.lake_is_down else LakeFacts(self.lake)
        return SummaryAnswers(self.directory, facts, self.records)

    def desk_with(self, wrap: Callable[[Any], Any]) -> Desk:
        return Desk(
            jobs=wrap(self.jobs),
            directory=wrap(self.directory),
            saved=wrap(self.saved),
            exports=self.objects,
            export_queue=wrap(self.export_queue),
            report_queue=wrap(self.report_queue),
        )

    @property
    def ordered(self) -> list[Job]:
        return [self.jobs.rows[key] for key in sorted(self.jobs.rows)]

    def history(self, schedule: ScheduleView, workspace: str = "acme") -> list[ScheduleRun]:
        """The latest period first."""
        return self.schedules.runs(workspace, schedule.id)

    def know(self, address: str, **fields: Any) -> None:
        """What is known of an address, for instance that its owner agreed."""
        known = self.addresses.get("acme", address)
        changed = msgspec.structs.replace(known or MailAddress(address=address), **fields)
        self.addresses.put("acme", msgspec.structs.replace(changed, version=changed.version + 1), known)

    def agree(self, address: str = OUTSIDE) -> None:
        self.know(address, confirmed_at=self.now)

    def leave(self, address: str = OUTSIDE, topic: str = EVERYTHING) -> None:
        self.know(address, left=(Left(topic=topic, at=self.now),))


def hours(number: float) -> timedelta:
    return timedelta(hours=number)
