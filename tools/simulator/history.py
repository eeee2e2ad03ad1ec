"""What happened: every call and text of a stretch of days, step by step, with nothing left open.

A story is told as the telephone system saw it, whatever the provider will say about it later.
Times are UTC with milliseconds; lengths in the tables below are milliseconds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from .people import ANONYMOUS, GROUP, HOTLINE, PBX, Company, Customer, Line, Person
from .systems import TRAITS, Text, Traits


class Ending(StrEnum):
    """How a call really ended: first the inbound ones, then the outbound."""

    ANSWERED = "answered"
    RANG_OUT = "rang_out"
    VOICEMAIL = "voicemail"
    GAVE_UP = "gave_up"
    GAVE_UP_SOON = "gave_up_soon"
    TECHNICAL = "technical"
    LEFT_MENU = "left_menu"
    LEFT_QUEUE = "left_queue"
    NOBODY_THERE = "nobody_there"
    STRAIGHT_TO_VOICEMAIL = "straight_to_voicemail"
    REACHED = "reached"
    UNREACHED = "unreached"
    ENGAGED = "engaged"
    BROKEN = "broken"
    CHANGED_MIND = "changed_mind"
    HUNG_UP_AT_ONCE = "hung_up_at_once"


# Volume at scale 1.0: a month of 30 days has about 1,700 calls and 1,300 texts.
CALLS_A_WEEK = 400.0
TEXTS_A_WEEK = 305.0
WEEKDAY_SHARE = {1: 1.15, 2: 1.05, 3: 1.0, 4: 1.0, 5: 0.9, 6: 0.25, 7: 0.08}
HOLIDAY_SHARE = 0.1
INBOUND_CALLS, INBOUND_TEXTS = 0.58, 0.52
# Hour on the wall -> weight: two peaks with a dip at lunch, a few calls at night.
HOURS_OF_CALLS = dict(
    enumerate((0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 2, 6, 13, 15, 13, 6, 9, 12, 13, 10, 7, 3, 2, 1, 0.8, 0.5, 0.3))
)
HOURS_OF_STAFF = {hour: weight if 9 <= hour < 18 else 0.0 for hour, weight in HOURS_OF_CALLS.items()}

INBOUND_OPEN = {
    Ending.ANSWERED: 68,
    Ending.RANG_OUT: 8,
    Ending.VOICEMAIL: 10,
    Ending.GAVE_UP: 8,
    Ending.GAVE_UP_SOON: 5,
    Ending.TECHNICAL: 1,
}
INBOUND_CLOSED = {Ending.RANG_OUT: 30, Ending.VOICEMAIL: 50, Ending.GAVE_UP: 15, Ending.GAVE_UP_SOON: 5}
HOTLINE_OPEN = {
    Ending.ANSWERED: 70,
    Ending.RANG_OUT: 6,
    Ending.GAVE_UP: 6,
    Ending.GAVE_UP_SOON: 2,
    Ending.LEFT_MENU: 6,
    Ending.LEFT_QUEUE: 5,
    Ending.NOBODY_THERE: 2,
    Ending.TECHNICAL: 1,
    Ending.STRAIGHT_TO_VOICEMAIL: 2,
}
HOTLINE_CLOSED = {Ending.LEFT_MENU: 36, Ending.STRAIGHT_TO_VOICEMAIL: 56, Ending.NOBODY_THERE: 8}
OUTBOUND = {
    Ending.REACHED: 62,
    Ending.UNREACHED: 24,
    Ending.ENGAGED: 5,
    Ending.BROKEN: 3,
    Ending.CHANGED_MIND: 3,
    Ending.HUNG_UP_AT_ONCE: 3,
}
ANSWER_AFTER = (2_000, 26_000)
RING_OUT_AFTER = (22_000, 45_000)
GIVE_UP_AFTER = (7_000, 60_000)
GIVE_UP_SOON_AFTER = (900, 4_900)
TECHNICAL_AFTER = (300, 3_000)
VOICEMAIL_AFTER = (18_000, 30_000)
VOICEMAIL_LENGTH = (4_000, 75_000)
TALK_LENGTH = (12_000, 420_000)
LONG_TALK_LENGTH, LONG_TALK_SHARE = (420_000, 2_400_000), 0.06
UNREACHED_AFTER = (15_000, 55_000)
ENGAGED_AFTER = (1_500, 6_000)
CHANGED_MIND_AFTER = (1_500, 12_000)
# "At once" is less than a second of ringing (features.md O39).
AT_ONCE_AFTER = (200, 950)
MENU_STEP = (2_500, 14_000)
QUEUE_BEFORE_RING = (0, 40_000)
QUEUE_GIVE_UP = (8_000, 150_000)
UNRUNG = {
    Ending.GAVE_UP_SOON: GIVE_UP_SOON_AFTER,
    Ending.LEFT_QUEUE: QUEUE_GIVE_UP,
    Ending.NOBODY_THERE: QUEUE_GIVE_UP,
    Ending.TECHNICAL: TECHNICAL_AFTER,
}
HOLD_LENGTH = (8_000, 90_000)
CALL_BACK_AFTER = (180_000, 5_400_000)
# Some of it inside half an hour, so that a burst is one case, some after (metrics.md Recovered rate).
RINGS_AGAIN_AFTER = (30_000, 3_600_000)
ARTEFACT_AFTER = (4_000, 240_000)
LATE_ARTEFACT_AFTER, LATE_ARTEFACT_SHARE = (3_600_000, 30_000_000), 0.1
TEXT_DELIVERED_AFTER = (600, 9_000)

ANONYMOUS_SHARE = 0.04
CALL_BACK_SHARE = 0.45
RINGS_AGAIN_SHARE = 0.2
TEXT_BACK_SHARE = 0.25
MENU_SHARE = 0.6
HOLD_SHARE = 0.2
TRANSFER_SHARE = 0.12
CONSULTATION_SHARE = 0.06
RECORDING_SHARE = 0.18
SUMMARY_SHARE = 0.05
TRANSCRIPT_SHARE = 0.05
CHARGED_SHARE = 0.5
CLASSIFIED_SHARE = 0.3
LOOKUP_FAILED_SHARE = 0.02
MEDIA_SHARE = 0.06
GROUP_SHARE = 0.015
CLASSIFIER_ROWS_A_DAY = 0.4
SUNDAY = 7
DAY_OFF_SHARE, FORGETS_SHARE, QUIET_SHARE, CAPABLE_SHARE = 0.12, 0.08, 0.4, 0.6

MENU_CHOICES = (("1 English", "2 Español"), ("1 Orders", "2 Repairs", "3 Other"))
CLASSIFIERS = ("Repair booked", "Complaint", "Information", "Call again")
QUEUE = "Service"
SCHEME = "Hotline weekdays"
CAMPAIGN = "Customer service"


@dataclass(frozen=True)
class Ring:
    """One attempt to reach one colleague; `answered` by that very colleague."""

    person: str
    start: datetime
    end: datetime
    answered: bool = False


@dataclass(frozen=True)
class Span:
    """A stretch of time, of one colleague where somebody is meant."""

    start: datetime
    end: datetime
    person: str = ""


@dataclass(frozen=True)
class Call:
    """One call from the customer's point of view.

    `talks` are the colleagues' shares in order, the first starting with the answer. `menu` holds
    the choices made; a call has a menu when `menu_from` is set. `consulted` names the colleague who
    was asked during the call, with the id of that side call. Artefacts carry the instant at which
    the provider has them ready.
    """

    id: str
    line: str
    direction: str
    customer: str
    ending: Ending
    started_at: datetime
    ended_at: datetime
    person: str = ""
    menu_from: datetime | None = None
    menu: tuple[tuple[datetime, str], ...] = ()
    queued_at: datetime | None = None
    rings: tuple[Ring, ...] = ()
    talks: tuple[Span, ...] = ()
    holds: tuple[Span, ...] = ()
    consulted: Span | None = None
    voicemail_from: datetime | None = None
    voicemail_ready: datetime | None = None
    recording_ready: datetime | None = None
    transcript_ready: datetime | None = None
    summary_ready: datetime | None = None
    charged_at: datetime | None = None
    price: str = ""
    classifier: str = ""
    lookup_failed: bool = False

    @property
    def answered_at(self) -> datetime | None:
        return self.talks[0].start if self.talks else None


@dataclass(frozen=True)
class Message:
    """One text; `others` are further customers of a group text."""

    id: str
    line: str
    direction: str
    customer: str
    status: Text
    created_at: datetime
    settled_at: datetime
    person: str
    media: int = 0
    others: tuple[str, ...] = ()
    error: str = ""
    scheduled_for: datetime | None = None


@dataclass(frozen=True)
class ClassifierRow:
    """A disposition that somebody set without any call: kept, never counted as a call."""

    id: str
    line: str
    customer: str
    at: datetime
    classifier: str


@dataclass(frozen=True)
class Change:
    """One account of a colleague changed its status to `online`, `dnd` or `offline`; whether it talks follows
    from the calls. `capable` is whether the device is one whose do-not-disturb counts (features.md R35).
    `sends` is the kind of webhooks.
    """

    person: str
    account: str
    sends: str
    at: datetime
    status: str
    capable: bool = True


@dataclass(frozen=True)
class History:
    """All that happened on `days`, in order of time."""

    company: Company
    seed: int
    days: tuple[date, ...]
    calls: tuple[Call, ...] = ()
    messages: tuple[Message, ...] = ()
    classifier_rows: tuple[ClassifierRow, ...] = ()
    changes: tuple[Change, ...] = ()

    def __add__(self, other: History) -> History:
        """Two stretches of the same company told as one."""
        return History(
            company=self.company,
            seed=self.seed,
            days=tuple(sorted({*self.days, *other.days})),
            calls=tuple(sorted((*self.calls, *other.calls), key=lambda c: (c.started_at, c.id))),
            messages=tuple(sorted((*self.messages, *other.messages), key=lambda m: (m.created_at, m.id))),
            classifier_rows=(*self.classifier_rows, *other.classifier_rows),
            changes=tuple(sorted((*self.changes, *other.changes), key=lambda c: (c.at, c.account))),
        )


def shown(changes: Sequence[Change], talks: Sequence[Span]) -> tuple[tuple[datetime, str], ...]:
    """What one account shows of one day when its system itself knows who talks: every change of status.

    While a talk lasts it is `talking`; then what was chosen last is shown again.
    """
    spans: list[tuple[datetime, datetime]] = []
    for talk in sorted(talks, key=lambda t: t.start):
        if spans and talk.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], talk.end))
        else:
            spans.append((talk.start, talk.end))
    moments = sorted({c.at for c in changes} | {at for span in spans for at in span})
    found: list[tuple[datetime, str]] = []
    for at in moments:
        chosen = [c.status for c in changes if c.at <= at]
        status = "talking" if any(start <= at < end for start, end in spans) else (chosen or ["offline"])[-1]
        if not found or found[-1][1] != status:
            found.append((at, status))
    return tuple(found)


def month(ending: date, length: int = 30) -> tuple[date, ...]:
    """The last `length` days up to and including `ending`, oldest first."""
    return tuple(ending - timedelta(days=n) for n in reversed(range(length)))


def extra_day(days: Sequence[date], number: int) -> date:
    """The `number`-th extra day, from 1: they go back in time, because tomorrow cannot have happened."""
    return days[0] - timedelta(days=number)


def history(company: Company, seed: int, days: Sequence[date], scale: float = 1.0) -> History:
    """Everything on these days; each day depends on the seed and its date alone."""
    told = [Day(company, seed, day, scale).tell() for day in days]
    empty = History(company=company, seed=seed, days=())
    return sum(told, start=empty)


@dataclass
class Day:
    """One day in the making. What happens hangs on the seed and the date, or on another `name`."""

    company: Company
    seed: int
    day: date
    scale: float
    name: str = ""
    busy: dict[str, datetime] = field(default_factory=dict)
    replies: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.name or f"day-{self.seed}-{self.day.isoformat()}")

    def tell(self) -> History:
        share = WEEKDAY_SHARE[self.day.isoweekday()] / sum(WEEKDAY_SHARE.values())
        if self.day.isoformat() in self.company.holidays:
            share *= HOLIDAY_SHARE
        calls = list(self._calls(self._count(CALLS_A_WEEK * share * self.scale)))
        texts = list(self._texts(self._count(TEXTS_A_WEEK * share * self.scale)))
        rows = list(self._classifier_rows(self._count(CLASSIFIER_ROWS_A_DAY * share * 7 * self.scale)))
        return History(
            company=self.company,
            seed=self.seed,
            days=(self.day,),
            calls=tuple(sorted(calls, key=lambda c: (c.started_at, c.id))),
            messages=tuple(sorted(texts, key=lambda m: (m.created_at, m.id))),
            classifier_rows=tuple(rows),
            changes=tuple(sorted(self._changes(), key=lambda c: (c.at, c.account))),
        )

    # --- chance

    def _count(self, expected: float) -> int:
        return int(expected) + (self.chance.random() < expected % 1)

    def _happens(self, share: float) -> bool:
        return self.chance.random() < share

    def _pick[T](self, weights: Mapping[T, float]) -> T:
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def _after(self, start: datetime, span: tuple[int, int]) -> datetime:
        return start + timedelta(milliseconds=self.chance.randint(*span))

    def _moment(self, hours: Mapping[int, float]) -> datetime:
        """An instant of the day by the clock on the wall; both passes of a repeated hour can be hit."""
        wall = time(self._pick(hours), self.chance.randrange(60), self.chance.randrange(60))
        local = datetime.combine(self.day, wall, self.company.tz).replace(fold=self.chance.randrange(2))
        return local.astimezone(UTC) + timedelta(milliseconds=self.chance.randrange(1000))

    def _line(self, share: str) -> Line:
        return self._pick({line: float(getattr(line, share)) for line in self.company.lines})

    def _customer(self) -> Customer:
        return self._pick({c: c.weight for c in self.company.customers})

    def _id(self, line: Line) -> str:
        if line.sends == PBX:
            return f"pbx-{self.day:%y%m%d}-{self.chance.getrandbits(40):010x}"
        return f"AC{self.chance.getrandbits(128):032x}"

    def _draw(self, line: Line, weights: Mapping[Ending, float]) -> Ending:
        """An ending that this number's telephone system knows."""
        traits = TRAITS[line.sends]
        unknown = set() if traits.voicemail else {Ending.VOICEMAIL, Ending.STRAIGHT_TO_VOICEMAIL}
        unknown |= set() if traits.busy else {Ending.ENGAGED}
        unknown |= set() if traits.menu else {Ending.LEFT_MENU}
        unknown |= set() if traits.queue else {Ending.LEFT_QUEUE}
        return self._pick({ending: weight for ending, weight in weights.items() if ending not in unknown})

    def _free(self, line: Line, at: datetime) -> str:
        """Somebody of the line who is not talking at that instant, else anybody."""
        idle = [p for p in line.people if self.busy.get(p, at) <= at]
        return self.chance.choice(idle or list(line.people))

    def _talk(self, start: datetime) -> datetime:
        return self._after(start, LONG_TALK_LENGTH if self._happens(LONG_TALK_SHARE) else TALK_LENGTH)

    def _ready(self, share: float, after: datetime) -> datetime | None:
        if not self._happens(share):
            return None
        return self._after(after, LATE_ARTEFACT_AFTER if self._happens(LATE_ARTEFACT_SHARE) else ARTEFACT_AFTER)

    # --- calls

    def _calls(self, count: int) -> Iterator[Call]:
        inbound = self._count(count * INBOUND_CALLS)
        arrivals = sorted(self._moment(HOURS_OF_CALLS) for _ in range(inbound))
        made = 0
        for at in arrivals:
            line, customer = self._line("call_share"), self._customer()
            number = ANONYMOUS if self._happens(ANONYMOUS_SHARE) else customer.number
            call = self._inbound(line, number, at)
            yield call
            if not call.talks and number != ANONYMOUS:
                for later in self._aftermath(line, call):
                    made += later.direction == "outbound"
                    yield later
        for at in sorted(self._moment(HOURS_OF_STAFF) for _ in range(max(count - inbound - made, 0))):
            yield self._outbound(self._line("call_share"), self._customer().number, at)

    def call(self, line: Line, direction: str, at: datetime) -> Call:
        """One call of a customer's at this instant."""
        made = self._inbound if direction == "inbound" else self._outbound
        return made(line, self._customer().number, at)

    def _aftermath(self, line: Line, missed: Call) -> Iterator[Call]:
        """What a miss leads to: the customer rings again at once or later, somebody calls or writes back."""
        last = missed
        while not last.talks and self._happens(RINGS_AGAIN_SHARE):
            again = self._after(last.ended_at, RINGS_AGAIN_AFTER)
            if not self._same_day(again):
                break
            last = self._inbound(line, missed.customer, again)
            yield last
        if last.talks:
            return
        back = self._after(last.ended_at, CALL_BACK_AFTER)
        if self._happens(CALL_BACK_SHARE) and self._same_open_day(back):
            made = self._outbound(line, missed.customer, back)
            yield made
            again = self._after(made.ended_at, CALL_BACK_AFTER)
            if not made.talks and self._happens(CALL_BACK_SHARE) and self._same_open_day(again):
                yield self._outbound(line, missed.customer, again)
        elif TRAITS[line.sends].texts and self._happens(TEXT_BACK_SHARE) and self._same_open_day(back):
            self.replies.append(self._written(line, missed.customer, "outbound", back))

    def _same_day(self, at: datetime) -> bool:
        return at.astimezone(self.company.tz).date() == self.day

    def _same_open_day(self, at: datetime) -> bool:
        return self.company.is_open(at) and self._same_day(at)

    def _inbound(self, line: Line, customer: str, at: datetime) -> Call:
        opened = self.company.is_open(at)
        if line.manner == HOTLINE:
            return self._hotline(line, customer, at, self._draw(line, HOTLINE_OPEN if opened else HOTLINE_CLOSED))
        ending = self._draw(line, INBOUND_OPEN if opened else INBOUND_CLOSED)
        person = self._free(line, at)
        ring = {
            Ending.ANSWERED: ANSWER_AFTER,
            Ending.RANG_OUT: RING_OUT_AFTER,
            Ending.VOICEMAIL: VOICEMAIL_AFTER,
            Ending.GAVE_UP: GIVE_UP_AFTER,
            Ending.GAVE_UP_SOON: GIVE_UP_SOON_AFTER,
            Ending.TECHNICAL: TECHNICAL_AFTER,
        }[ending]
        quiet = self._after(at, ring)
        ended = self._after(quiet, VOICEMAIL_LENGTH) if ending is Ending.VOICEMAIL else quiet
        answered = ending is Ending.ANSWERED
        others = [p for p in line.people if p != person] if line.manner == GROUP else []
        traits = TRAITS[line.sends]
        call = Call(
            id=self._id(line),
            line=line.id,
            direction="inbound",
            customer=customer,
            ending=ending,
            started_at=at,
            ended_at=ended,
            rings=tuple(Ring(p, at, quiet, answered and p == person) for p in (person, *others)),
            voicemail_from=quiet if ending is Ending.VOICEMAIL else None,
            voicemail_ready=self._after(ended, ARTEFACT_AFTER) if ending is Ending.VOICEMAIL else None,
            # A voicemail names its caller by itself.
            lookup_failed=traits.lookup_fails and ending is not Ending.VOICEMAIL and self._happens(LOOKUP_FAILED_SHARE),
        )
        if not answered:
            return call
        return self._with_artefacts(traits, self._conversation(line, call, quiet, person))

    def _outbound(self, line: Line, customer: str, at: datetime) -> Call:
        ending = self._draw(line, OUTBOUND)
        person = self._free(line, at)
        ring = {
            Ending.REACHED: ANSWER_AFTER,
            Ending.UNREACHED: UNREACHED_AFTER,
            Ending.ENGAGED: ENGAGED_AFTER,
            Ending.BROKEN: TECHNICAL_AFTER,
            Ending.CHANGED_MIND: CHANGED_MIND_AFTER,
            Ending.HUNG_UP_AT_ONCE: AT_ONCE_AFTER,
        }[ending]
        quiet = self._after(at, ring)
        reached = ending is Ending.REACHED
        ended = self._talk(quiet) if reached else quiet
        self.busy[person] = ended
        call = Call(
            id=self._id(line),
            line=line.id,
            direction="outbound",
            customer=customer,
            ending=ending,
            started_at=at,
            ended_at=ended,
            person=person,
            rings=(Ring(person, at, quiet, reached),),
            talks=(Span(quiet, ended, person),) if reached else (),
        )
        return self._with_artefacts(TRAITS[line.sends], call)

    def _with_artefacts(self, traits: Traits, call: Call) -> Call:
        """Only a conversation is recorded."""
        if not call.talks:
            return call
        classified = traits.classifier and self._happens(CLASSIFIED_SHARE)
        return replace(
            call,
            recording_ready=self._ready(RECORDING_SHARE * traits.recording, call.ended_at),
            summary_ready=self._ready(SUMMARY_SHARE * traits.summary, call.ended_at),
            transcript_ready=self._ready(TRANSCRIPT_SHARE * traits.transcript, call.ended_at),
            charged_at=self._ready(CHARGED_SHARE * traits.charge, call.ended_at),
            price=f"0.{self.chance.randrange(10, 9_999):04d}" if traits.charge else "",
            classifier=self.chance.choice(CLASSIFIERS) if classified else "",
        )

    # --- the hotline: menu, queue, group

    def _hotline(self, line: Line, customer: str, at: datetime, ending: Ending) -> Call:
        quiet = (Ending.LEFT_MENU, Ending.STRAIGHT_TO_VOICEMAIL)
        leaves, traits = ending is Ending.LEFT_MENU, TRAITS[line.sends]
        # Without a queue a caller who reaches nobody was in no menu either.
        may = traits.menu and (traits.queue or leaves or ending not in (*quiet, *UNRUNG))
        menu_from, menu, left = self._menu(at, leaves=leaves, shown=ending in quiet, may=may)
        call = Call(
            id=self._id(line),
            line=line.id,
            direction="inbound",
            customer=customer,
            ending=ending,
            started_at=at,
            ended_at=left,
            menu_from=menu_from,
            menu=menu,
            queued_at=left if traits.queue and ending not in quiet else None,
        )
        if ending is Ending.STRAIGHT_TO_VOICEMAIL:
            ended = self._after(left, VOICEMAIL_LENGTH)
            ready = self._after(ended, ARTEFACT_AFTER)
            return replace(call, ended_at=ended, voicemail_from=left, voicemail_ready=ready)
        if ending in UNRUNG:
            # So soon, or so hopeless, that nobody's telephone has rung.
            return replace(call, ended_at=self._after(left, UNRUNG[ending]))
        if ending is Ending.LEFT_MENU:
            return call
        return self._rung(line, call, self._after(left, QUEUE_BEFORE_RING))

    def _menu(
        self, at: datetime, *, leaves: bool, shown: bool, may: bool
    ) -> tuple[datetime | None, tuple[tuple[datetime, str], ...], datetime]:
        """Start, choices and end of the menu; without one it ends as it starts."""
        if not (may and (shown or self._happens(MENU_SHARE))):
            return None, (), at
        steps, now = [], at
        for choices in MENU_CHOICES[: self.chance.randrange(len(MENU_CHOICES)) if leaves else None]:
            now = self._after(now, MENU_STEP)
            steps.append((now, self.chance.choice(choices)))
        return at, tuple(steps), self._after(now, MENU_STEP)

    def _rung(self, line: Line, call: Call, at: datetime) -> Call:
        """The group rings at once; one answers or none."""
        ending = call.ending
        group = self.chance.sample(line.people, self.chance.randint(1, len(line.people)))
        answered = ending is Ending.ANSWERED
        span = {
            Ending.ANSWERED: ANSWER_AFTER,
            Ending.RANG_OUT: RING_OUT_AFTER,
            Ending.GAVE_UP: GIVE_UP_AFTER,
        }[ending]
        quiet = self._after(at, span)
        winner = group[0] if answered else ""
        rings = [Ring(p, at, quiet, p == winner) for p in group]
        if not answered:
            return replace(call, ended_at=quiet, rings=tuple(rings))
        talking = self._conversation(line, replace(call, rings=tuple(rings)), quiet, winner)
        return self._with_artefacts(TRAITS[line.sends], talking)

    # --- the conversation: hold, consultation, transfer

    def _conversation(self, line: Line, call: Call, answered_at: datetime, winner: str) -> Call:
        ended = self._talk(answered_at)
        talks, consulted, rings = [Span(answered_at, ended, winner)], None, list(call.rings)
        holds: tuple[Span, ...] = ()
        colleagues = [p for p in line.people if p != winner]
        if TRAITS[line.sends].conversation and colleagues:
            holds = self._holds(answered_at, ended)
            colleague = self.chance.choice(colleagues)
            if self._happens(CONSULTATION_SHARE):
                begin, over = self._between(answered_at, ended, 0.3), self._between(answered_at, ended, 0.45)
                consulted = Span(begin, over, colleague)
            if self._happens(TRANSFER_SHARE):
                handed, taken = self._between(answered_at, ended, 0.7), self._between(answered_at, ended, 0.75)
                rings.append(Ring(colleague, handed, taken, answered=True))
                talks = [Span(answered_at, handed, winner), Span(taken, ended, colleague)]
        for talk in talks:
            self.busy[talk.person] = talk.end
        return replace(
            call,
            ended_at=ended,
            person=talks[-1].person,
            rings=tuple(rings),
            talks=tuple(talks),
            holds=holds,
            consulted=consulted,
        )

    def _between(self, start: datetime, end: datetime, share: float) -> datetime:
        return start + timedelta(milliseconds=int((end - start).total_seconds() * 1000 * share))

    def _holds(self, start: datetime, end: datetime) -> tuple[Span, ...]:
        """At most one hold, inside the first half of the talk."""
        begin = self._between(start, end, 0.1)
        over = self._after(begin, HOLD_LENGTH)
        if over > self._between(start, end, 0.25) or not self._happens(HOLD_SHARE):
            return ()
        return (Span(begin, over),)

    # --- texts

    def _texts(self, count: int) -> Iterator[Message]:
        """Texts of numbers that have any, and those written back after a miss."""
        yield from self.replies
        writing = {x: float(x.message_share) for x in self.company.lines if TRAITS[x.sends].texts}
        for _ in range(count if writing else 0):
            inbound = self._happens(INBOUND_TEXTS)
            at = self._moment(HOURS_OF_CALLS if inbound else HOURS_OF_STAFF)
            line, customer = self._pick(writing), self._customer().number
            yield self._written(line, customer, "inbound" if inbound else "outbound", at)

    def _written(self, line: Line, customer: str, direction: str, at: datetime) -> Message:
        traits, inbound = TRAITS[line.sends], direction == "inbound"
        status = Text.RECEIVED if inbound else self._pick(traits.texts or {Text.SENT: 1.0})
        group = inbound and traits.group_texts and self._happens(GROUP_SHARE)
        others = (self._customer().number,) if group else ()
        return Message(
            id=self._id(line),
            line=line.id,
            direction=direction,
            customer=customer,
            status=status,
            created_at=at,
            settled_at=at if inbound else self._after(at, TEXT_DELIVERED_AFTER),
            person=self.chance.choice(line.people),
            # Of a text that failed no provider tells whether it had a picture.
            media=int(traits.media and self._happens(MEDIA_SHARE) and status is not Text.FAILED),
            others=tuple(o for o in others if o != customer),
            error="30006" if status in (Text.UNDELIVERED, Text.FAILED) else "",
            scheduled_for=self._after(at, CALL_BACK_AFTER) if status is Text.PENDING else None,
        )

    def _classifier_rows(self, count: int) -> Iterator[ClassifierRow]:
        lines = [x for x in self.company.lines if TRAITS[x.sends].classifier_rows]
        for _ in range(count if lines else 0):
            yield self._classifier_row(self.chance.choice(lines))

    def _classifier_row(self, line: Line) -> ClassifierRow:
        return ClassifierRow(
            id=self._id(line),
            line=line.id,
            customer=self._customer().number,
            at=self._moment(HOURS_OF_STAFF),
            classifier=self.chance.choice(CLASSIFIERS),
        )

    # --- presence

    def _changes(self) -> Iterator[Change]:
        """The day of everybody whose accounts report their status."""
        for person in self.company.people:
            kinds = {x.sends for x in self.company.lines if person.id in x.people and TRAITS[x.sends].presence}
            for sends in sorted(kinds):
                # By themselves, so that a shift more or less leaves the calls of the day as they are.
                chance = random.Random(f"shift-{self.seed}-{self.day.isoformat()}-{person.id}-{sends}")
                if self.day.isoweekday() == SUNDAY or chance.random() < DAY_OFF_SHARE:
                    continue
                yield from self._shift(person, sends, chance)

    def _shift(self, person: Person, sends: str, chance: random.Random) -> Iterator[Change]:
        """Two half days around lunch; some forget to leave in the evening, a second account comes and goes."""
        desk = f"desk:{person.id}"

        def at(hour: int, minute: int) -> datetime:
            wall = datetime.combine(self.day, time(hour, minute), self.company.tz)
            return wall.astimezone(UTC) + timedelta(milliseconds=chance.randrange(-600_000, 600_000))

        yield Change(person.id, desk, sends, at(9, 0), "online")
        # A browser may ask for quiet, but only the desk telephone is believed.
        yield Change(person.id, desk, sends, at(12, 10), "dnd", capable=chance.random() < CAPABLE_SHARE)
        yield Change(person.id, desk, sends, at(12, 50), "online")
        if chance.random() < QUIET_SHARE:
            yield Change(person.id, desk, sends, at(15, 0), "dnd")
            yield Change(person.id, desk, sends, at(15, 30), "online")
        if chance.random() >= FORGETS_SHARE:
            yield Change(person.id, desk, sends, at(18, 5), "offline")
        if TRAITS[sends].app:
            app = f"app:{person.id}"
            yield Change(person.id, app, sends, at(12, 30), "online")
            yield Change(person.id, app, sends, at(13, 30), "offline")
            if chance.random() < QUIET_SHARE:
                yield Change(person.id, app, sends, at(19, 0), "online")
                yield Change(person.id, app, sends, at(20, 30), "offline")
