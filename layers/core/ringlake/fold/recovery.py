"""What one customer's calls and messages mean for each other: recovery, cases, labels, twins. Pure.

The input is everything that the workspace has of one remote party, in any order; the result does not
depend on the order of arrival, because nothing is carried over from an earlier result. Decisions where
the sources are silent (ADR 0042):

* **Candidates** (features.md W32) are inbound calls that ended without a person answering: given up,
  unanswered, busy, failed, in the menu, outside open hours. Voicemail and short calls only when the
  workspace says so, unless the caller asked to be called back. Never spam; withheld numbers have no
  history and are never here.
* **Link** (W33): the first outbound call that started at or after the end of the miss, within the
  window (its last instant included), by anybody, answered or not. In strict mode the first such call
  that reached the customer. Calls dialled by a machine do not count. One call so closes all earlier open
  misses, each with its own time.
* **Resolved by the customer** (W35): within the same window the customer rang again after the miss had
  begun, and a person answered, before any call that would have recovered it. Such a miss is closed: it
  is not recovered by later calls, so the two never count twice.
* **Resolved by text**: a person's text to the customer within the window that is not known to have
  failed. The weakest: a call that follows recovers the miss, or resolves it, all the same.
* **State**: recovered is `reached` as soon as any try within the window talked to the customer, else
  `attempted`. Not recovered is resolved by the customer, by text, in strict mode attempted, or open.
* **Case** (metrics.md Recovered rate): misses that begin within `case_burst_s` of the first one, as long
  as nothing has closed it in between. Its state, its tries and its promise are those of the first miss:
  who rings again does not wait longer for it.
* **People's word** (`Marks.case_state` of the first miss) counts from when it was given until something
  happens after it: a try, an answered call, a text.
* **Unique** (N14) is the first record of the number in the workspace, whatever its direction or channel;
  **repeat** has another record in the `repeat_days` before it; **target** is a call with at least
  `target_talk_s` of talk that opens a sale cycle of `repeat_days`; labels given by people replace all.
* **Twins** (demands.md D23): calls of two connections in the same direction, on the same business
  number or one unknown, that start within 3 s and last equally long within 2 s. The one with more legs
  stays.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any, NamedTuple

import msgspec

from ringlake.model.calls import CallRecord, MissedReason, Outcome
from ringlake.model.consequences import Case, CaseSource, Consequences, Recovery, Touch
from ringlake.model.directory import Workspace
from ringlake.model.facts import CallKind, Direction, MessageStatus
from ringlake.model.hours import open_after, open_ms
from ringlake.model.marks import CaseState, Label, Marks
from ringlake.model.records import Interaction
from ringlake.model.subjects import SubjectKind

# demands.md D23.
TWIN_START = timedelta(seconds=3)
TWIN_LENGTH_MS = 2000

_CALL, _MESSAGE = SubjectKind.CALL.value, SubjectKind.MESSAGE.value
_MS = timedelta(milliseconds=1)
_UNSENT = frozenset({MessageStatus.PENDING.value, MessageStatus.UNDELIVERED.value})
_CLOSING = frozenset(
    {CaseState.REACHED, CaseState.RESOLVED_BY_CUSTOMER, CaseState.RESOLVED_BY_TEXT, CaseState.DISMISSED}
)


def touch_of(key: str, record: Interaction) -> Touch:
    """What the customer's history needs of a record. `key` is its subject key."""
    common: dict[str, Any] = {
        "key": key,
        "record_id": record.record_id,
        "direction": record.direction.value if record.direction else "",
        "started_at": record.started_at,
        "business_number": record.business_number,
        "business_number_id": record.business_number_id,
        "user_id": record.user.user_id,
        "team_id": record.team_id,
        "connection": record.connection,
        "spam": record.spam,
    }
    if not isinstance(record, CallRecord):
        return Touch(**common, channel=_MESSAGE, outcome=record.status.value, bulk=record.bulk)
    return Touch(
        **common,
        channel=_CALL,
        ended_at=record.ended_at,
        outcome=record.outcome.value if record.outcome else "",
        missed_reason=record.missed_reason.value if record.missed_reason else "",
        person_talked=record.outcome is Outcome.ANSWERED,
        talk_ms=record.talk_ms,
        total_ms=record.total_ms,
        legs=len(record.legs),
        bulk=record.kind is CallKind.SURVEY_OUTBOUND,
        callback_requested=record.callback_requested,
    )


def consequences_of(
    touches: Iterable[Touch], marks: Mapping[str, Marks], workspace: Workspace, *, whole: bool = True
) -> dict[str, Consequences]:
    """Consequences of every touch, by its key. `marks` by record id; without `whole` older records exist
    that are not given: then nothing is known about the number of earlier contacts.
    """
    ordered = sorted(touches, key=lambda t: (t.started_at, t.record_id, t.channel))
    twins = _twins([t for t in ordered if t.channel == _CALL])
    kept = [t for t in ordered if t.key not in twins]
    labels = _labels(kept, workspace, whole=whole)
    spam = {t.key for t in kept if Label.SPAM in _said(t, marks, labels[t.key])}
    recoveries, cases = _Party(kept, spam, marks, workspace).settled()
    found = {key: Consequences(twin_of=of) for key, of in twins.items()}
    for number, touch in enumerate(kept, start=1):
        if touch.channel == _MESSAGE:
            # A message counts for others; nothing of its own is shown, so that nothing need be written.
            found[touch.key] = Consequences()
            continue
        found[touch.key] = Consequences(
            labels=_said(touch, marks, labels[touch.key]),
            contact_no=number if whole else None,
            recovery=recoveries.get(touch.key),
            case=cases.get(touch.key),
        )
    return found


def alone(record: Interaction, marks: Marks | None) -> Consequences:
    """Consequences of a record without a history: only the labels of a call can be known."""
    if not isinstance(record, CallRecord):
        return Consequences()
    if marks and marks.labels is not None:
        return Consequences(labels=_sorted(marks.labels))
    return Consequences(labels=(Label.SPAM,) if record.spam else ())


# --- twins


def _twins(calls: Sequence[Touch]) -> dict[str, str]:
    """Key of each call that another connection tells better, with that one's record id. In time order."""
    found: dict[str, str] = {}
    for better in sorted(calls, key=lambda t: (-t.legs, t.record_id)):
        if better.key in found:
            continue
        at = bisect_left(calls, better.started_at - TWIN_START, key=lambda t: t.started_at)
        while at < len(calls) and calls[at].started_at <= better.started_at + TWIN_START:
            other = calls[at]
            is_lesser = (-other.legs, other.record_id) > (-better.legs, better.record_id)
            if is_lesser and other.key not in found and _are_twins(better, other):
                found[other.key] = better.record_id
            at += 1
    return found


def _are_twins(one: Touch, other: Touch) -> bool:
    if one.connection == other.connection or one.direction != other.direction:
        return False
    if one.business_number and other.business_number and one.business_number != other.business_number:
        return False
    lengths = _length_ms(one), _length_ms(other)
    return None not in lengths and abs((lengths[0] or 0) - (lengths[1] or 0)) <= TWIN_LENGTH_MS


def _length_ms(call: Touch) -> int | None:
    if not call.outcome:
        return None
    if call.total_ms is not None:
        return call.total_ms
    return (call.ended_at - call.started_at) // _MS if call.ended_at else None


# --- labels


def _labels(ordered: Sequence[Touch], workspace: Workspace, *, whole: bool) -> dict[str, tuple[Label, ...]]:
    found = {}
    span = timedelta(days=workspace.repeat_days)
    before: datetime | None = None
    cycle: datetime | None = None
    for touch in ordered:
        labels = set()
        if before is None and whole:
            labels.add(Label.UNIQUE)
        if before is not None and touch.started_at - before <= span:
            labels.add(Label.REPEAT)
        talked = touch.person_talked and (touch.talk_ms or 0) >= workspace.target_talk_s * 1000
        if touch.channel == _CALL and talked and (cycle is None or touch.started_at - cycle > span):
            labels.add(Label.TARGET)
            cycle = touch.started_at
        if touch.spam:
            labels.add(Label.SPAM)
        before = touch.started_at
        found[touch.key] = _sorted(labels)
    return found


def _said(touch: Touch, marks: Mapping[str, Marks], automatic: tuple[Label, ...]) -> tuple[Label, ...]:
    """A person's labels replace the automatic ones (features.md N14)."""
    said = marks.get(touch.record_id)
    return automatic if said is None or said.labels is None else _sorted(said.labels)


def _sorted(labels: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(sorted(set(labels)))


# --- recovery and cases


class _Fate(NamedTuple):
    """What happened after one miss, by the records alone."""

    miss: Touch
    tries: tuple[Touch, ...]
    answered: Touch | None
    text: Touch | None
    link: Touch | None
    state: CaseState

    @property
    def closed_at(self) -> datetime | None:
        closing = [t.started_at for t in (self.link, self.answered, self.text) if t]
        return min(closing, default=None)

    def happened_after(self, at: datetime) -> bool:
        events = (*self.tries, *(t for t in (self.answered, self.text) if t))
        return any(t.started_at > at for t in events)


class _Word(NamedTuple):
    """A state that a person gave, and when."""

    state: CaseState
    at: datetime


class _Party:
    """One customer's misses, each with what happened after it, then grouped into cases."""

    def __init__(
        self, ordered: Sequence[Touch], spam: set[str], marks: Mapping[str, Marks], workspace: Workspace
    ) -> None:
        calls = [t for t in ordered if t.channel == _CALL]
        self._workspace = workspace
        self._marks = marks
        self._window = timedelta(days=workspace.recovery_window_days)
        self._misses = [t for t in calls if t.key not in spam and self._is_candidate(t)]
        self._tries = [t for t in calls if t.direction == Direction.OUTBOUND and not t.bulk]
        self._answered = [t for t in calls if t.direction == Direction.INBOUND and t.outcome == Outcome.ANSWERED]
        self._texts = [
            t
            for t in ordered
            if t.channel == _MESSAGE and t.direction == Direction.OUTBOUND and not t.bulk and t.outcome not in _UNSENT
        ]

    def settled(self) -> tuple[dict[str, Recovery], dict[str, Case]]:
        """Recovery of each miss, and the case of each miss that opened one, by key."""
        recoveries: dict[str, Recovery] = {}
        cases: dict[str, Case] = {}
        for burst in self._bursts([self._fate(miss) for miss in self._misses]):
            first = burst[0]
            word = self._word(first)
            case = self._case(burst, word)
            cases[first.miss.key] = case
            for fate in burst:
                recovery = _recovery(fate)
                recoveries[fate.miss.key] = msgspec.structs.replace(recovery, state=word.state) if word else recovery
        return recoveries, cases

    def _is_candidate(self, call: Touch) -> bool:
        if call.direction != Direction.INBOUND or call.outcome in ("", Outcome.ANSWERED):
            return False
        if call.callback_requested:
            return True
        if call.outcome == Outcome.VOICEMAIL and not self._workspace.recover_voicemail:
            return False
        return call.missed_reason != MissedReason.SHORT_ABANDON or self._workspace.recover_short

    def _fate(self, miss: Touch) -> _Fate:
        end = _end(miss)
        last = end + self._window
        tries = tuple(_until(_from(self._tries, end), last))
        recovering = [t for t in tries if t.person_talked] if self._workspace.recovery_strict else tries
        link = next(iter(recovering), None)
        again = (t for t in _from(self._answered, miss.started_at) if t.started_at > miss.started_at)
        answered = next(_until(again, last), None)
        if answered and link and link.started_at < answered.started_at:
            answered = None
        elif answered:
            link = None
            tries = tuple(t for t in tries if t.started_at < answered.started_at)
        text = next(_until(_from(self._texts, end), answered.started_at if answered else last), None)
        if link:
            state = CaseState.REACHED if any(t.person_talked for t in tries) else CaseState.ATTEMPTED
        elif answered:
            state = CaseState.RESOLVED_BY_CUSTOMER
        elif text:
            state = CaseState.RESOLVED_BY_TEXT
        else:
            state = CaseState.ATTEMPTED if tries else CaseState.OPEN
        return _Fate(miss, tries, answered, text, link, state)

    def _bursts(self, fates: Sequence[_Fate]) -> list[list[_Fate]]:
        burst = timedelta(seconds=self._workspace.case_burst_s)
        found: list[list[_Fate]] = []
        for fate in fates:
            at = fate.miss.started_at
            first = found[-1][0] if found else None
            if first and at - first.miss.started_at <= burst and not self._closed_before(first, at):
                found[-1].append(fate)
            else:
                found.append([fate])
        return found

    def _closed_before(self, first: _Fate, at: datetime) -> bool:
        closed = first.closed_at
        said = self._marks.get(first.miss.record_id)
        by_hand = said.case_since if said and said.case_state in _CLOSING else None
        return (closed is not None and closed <= at) or (by_hand is not None and by_hand <= at)

    def _word(self, first: _Fate) -> _Word | None:
        """What a person said about the case, unless something has happened since."""
        said = self._marks.get(first.miss.record_id)
        if said is None or said.case_state is None or first.happened_after(said.case_since):
            return None
        return _Word(state=said.case_state, at=said.case_since)

    def _case(self, burst: Sequence[_Fate], word: _Word | None) -> Case:
        first = burst[0]
        miss, end, workspace = first.miss, _end(first.miss), self._workspace
        place = {"team": miss.team_id, "number": miss.business_number_id}
        tried = first.tries[0] if first.tries else None
        closed = first.closed_at
        if word:
            closed = word.at if word.state in _CLOSING else None
        return Case(
            state=word.state if word else first.state,
            source=_source(miss),
            opened_at=end,
            last_missed_at=max(_end(fate.miss) for fate in burst),
            reason=miss.missed_reason,
            misses=tuple(fate.miss.record_id for fate in burst),
            attempts=len(first.tries),
            attempt=first.link.record_id if first.link else "",
            first_attempt_at=tried.started_at if tried else None,
            first_attempt_ms=(tried.started_at - end) // _MS if tried else None,
            first_attempt_open_ms=open_ms(workspace, end, tried.started_at, **place) if tried else None,
            due_at=open_after(workspace, end, workspace.callback_sla_s * 1000, **place),
            closed_at=closed,
            recovered_by=first.link.user_id if first.link else "",
        )


def _recovery(fate: _Fate) -> Recovery:
    shown = fate.link or next(iter(fate.tries), None)
    return Recovery(
        state=fate.state,
        attempt=shown.record_id if shown else "",
        attempted_at=shown.started_at if shown else None,
        recovery_ms=(fate.link.started_at - _end(fate.miss)) // _MS if fate.link else None,
        reached=fate.state is CaseState.REACHED,
        resolved_by_customer=fate.answered is not None,
        user_id=shown.user_id if shown else "",
    )


def _source(miss: Touch) -> CaseSource:
    if miss.callback_requested:
        return CaseSource.REQUESTED
    return CaseSource.VOICEMAIL if miss.outcome == Outcome.VOICEMAIL else CaseSource.MISSED


def _end(call: Touch) -> datetime:
    """When the miss was over; its start where the provider gave no end."""
    return call.ended_at or call.started_at


def _from(ordered: Sequence[Touch], at: datetime) -> Iterator[Touch]:
    """Touches that start at or after an instant."""
    return islice(ordered, bisect_left(ordered, at, key=lambda t: t.started_at), None)


def _until(ordered: Iterable[Touch], at: datetime) -> Iterator[Touch]:
    """Touches that start at or before an instant."""
    return takewhile(lambda t: t.started_at <= at, ordered)
