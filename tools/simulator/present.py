"""A few calls around one instant: what a live board shows then, and how they end.

Only the hotline's telephone system says everything while it happens, so that all of them are its calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from . import history, render
from .history import Call, History
from .people import PBX, Company, Line
from .wire.notice import Notice

# How long before the instant each kind of call began, in seconds, and how often it is there.
_SCENE = (
    ("inbound", "waiting", (5, 40), 3),
    ("outbound", "waiting", (3, 20), 1),
    ("inbound", "talking", (60, 240), 2),
    ("outbound", "talking", (60, 240), 1),
    ("inbound", "over", (120, 300), 2),
)
# At night nobody picks up: then no caller is talking, however often one rings.
_TRIES = 400
# By then everybody has hung up.
LENGTH = timedelta(minutes=8)


@dataclass(frozen=True)
class Scene:
    """The calls; what their provider has said by the instant `at`, and what it says later."""

    story: History
    at: datetime

    @property
    def told(self) -> list[Notice]:
        return [n for n in render.notices(self.story) if n.at <= self.at]

    @property
    def rest(self) -> list[Notice]:
        return [n for n in render.notices(self.story) if n.at > self.at]

    @property
    def header(self) -> dict[str, int]:
        """The counts above the board (features.md R2-R6)."""
        found = dict.fromkeys(("total", "waiting", "waiting_inbound", "talking", "talking_inbound"), 0)
        for call in self.story.calls:
            now = state(call, self.at)
            if now != "over":
                found["total"] += 1
                found[now] += 1
                found[f"{now}_inbound"] += call.direction == "inbound"
        return found


def state(call: Call, at: datetime) -> str:
    """`waiting` for somebody to answer, `talking` or `over`."""
    if call.ended_at <= at:
        return "over"
    return "talking" if call.answered_at and call.answered_at <= at else "waiting"


def scene(company: Company, seed: int, at: datetime) -> Scene:
    """The calls around an instant, the same for the same instant; all of them are over `LENGTH` later."""
    line = next(x for x in company.lines if x.sends == PBX)
    day = history.Day(company, seed, at.astimezone(company.tz).date(), 1.0, name=f"scene-{at.isoformat()}")
    calls = []
    for direction, wanted, began, count in _SCENE:
        for _ in range(count):
            calls += _found(day, line, direction, wanted, began, at)
    ordered = tuple(sorted(calls, key=lambda c: (c.started_at, c.id)))
    return Scene(History(company=company, seed=seed, days=(), calls=ordered), at)


def _found(
    day: history.Day, line: Line, direction: str, wanted: str, began: tuple[int, int], at: datetime
) -> list[Call]:
    """One call of a customer's that fits, if such a thing can happen at this hour."""
    for _ in range(_TRIES):
        start = at - timedelta(milliseconds=day.chance.randint(began[0] * 1000, began[1] * 1000))
        call = day.call(line, direction, start)
        said = render.notices(History(company=day.company, seed=day.seed, days=(), calls=(call,)))
        if state(call, at) == wanted and max(n.at for n in said) <= at + LENGTH:
            return [call]
    return []
