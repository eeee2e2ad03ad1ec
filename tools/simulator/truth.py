"""What must be counted: worked out from the story alone, column by column as the files name them.

The story knows more than a provider tells, and nobody can count what was never said. `UNTOLD` is
that difference as data: with these webhooks this ending looks like that one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from .history import Call, ClassifierRow, Ending, History, Message, Text
from .people import ANONYMOUS, BOTH, PBX, Q26, V2, V4, Company, Line

# Column -> value as a file or table holds it: whole seconds, None for a phase that never was.
Row = Mapping[str, str | int | bool | None]

OUTCOME = {
    Ending.ANSWERED: "answered",
    Ending.RANG_OUT: "no_answer",
    Ending.VOICEMAIL: "voicemail",
    Ending.GAVE_UP: "caller_abandoned",
    Ending.GAVE_UP_SOON: "caller_abandoned",
    Ending.TECHNICAL: "failed",
    Ending.LEFT_MENU: "caller_abandoned",
    Ending.LEFT_QUEUE: "caller_abandoned",
    Ending.NOBODY_THERE: "no_answer",
    Ending.STRAIGHT_TO_VOICEMAIL: "voicemail",
    Ending.REACHED: "answered",
    Ending.UNREACHED: "no_answer",
    Ending.ENGAGED: "busy",
    Ending.BROKEN: "failed",
    # Given up only after it had rung for a while: the customer simply did not answer.
    Ending.CHANGED_MIND: "no_answer",
    Ending.HUNG_UP_AT_ONCE: "outbound_aborted",
}
# Why an inbound call was missed, inside open hours.
REASON = {
    Ending.RANG_OUT: "rang_no_answer",
    Ending.VOICEMAIL: "rang_no_answer",
    Ending.GAVE_UP: "rang_no_answer",
    Ending.GAVE_UP_SOON: "short_abandon",
    Ending.TECHNICAL: "technical",
    Ending.LEFT_MENU: "ivr_abandon",
    Ending.LEFT_QUEUE: "caller_gave_up",
    Ending.NOBODY_THERE: "nobody_available",
    Ending.STRAIGHT_TO_VOICEMAIL: "direct_voicemail",
}
# Webhooks -> ending -> the ending that it cannot be told from.
UNTOLD: Mapping[str, Mapping[Ending, Ending]] = {
    # `completed` is the only word there is; a call that nobody answered just was not answered.
    V2: {
        Ending.GAVE_UP: Ending.RANG_OUT,
        Ending.GAVE_UP_SOON: Ending.RANG_OUT,
        Ending.TECHNICAL: Ending.RANG_OUT,
        Ending.ENGAGED: Ending.UNREACHED,
        Ending.BROKEN: Ending.UNREACHED,
        Ending.HUNG_UP_AT_ONCE: Ending.UNREACHED,
    },
    # A voicemail can only be fetched, it is not sent.
    V4: {Ending.VOICEMAIL: Ending.RANG_OUT},
    Q26: {Ending.ENGAGED: Ending.UNREACHED},
    BOTH: {Ending.ENGAGED: Ending.UNREACHED},
    PBX: {},
}
MESSAGE_STATUS = {
    Text.RECEIVED: "received",
    Text.DELIVERED: "delivered",
    Text.UNDELIVERED: "undelivered",
    Text.FAILED: "undelivered",
    Text.SENT: "sent",
    Text.PENDING: "pending",
}


@dataclass(frozen=True)
class Truth:
    """What the lake and the files must hold about a history, by record id."""

    calls: Mapping[str, Row]
    messages: Mapping[str, Row]
    classifier_rows: frozenset[str]
    parts: frozenset[str]

    @property
    def records(self) -> int:
        """Folded records: calls, texts, classifier rows and the side calls that became part of a call."""
        return len(self.calls) + len(self.messages) + len(self.classifier_rows) + len(self.parts)

    @property
    def answered(self) -> int:
        return sum(row["outcome"] == "answered" for row in self.calls.values())

    @property
    def missed(self) -> int:
        """Inbound calls without an answer, whatever the reason."""
        return sum(row["direction"] == "inbound" and row["outcome"] != "answered" for row in self.calls.values())

    @property
    def talk_s(self) -> int:
        return sum(int(row["talk_s"] or 0) for row in self.calls.values())


def truth(history: History) -> Truth:
    """The truth about a history."""
    company = history.company
    calls = [_call(company, c) for c in history.calls]
    messages = [_message(company, m) for m in history.messages]
    return Truth(
        calls={str(row["record_id"]): row for row in calls},
        messages={str(row["record_id"]): row for row in messages},
        classifier_rows=frozenset(_record_id(company.line(r.line), r) for r in history.classifier_rows),
        parts=frozenset(f"{_record_id(company.line(c.line), c)}-c1" for c in history.calls if c.consulted),
    )


def totals(rows: Iterable[Row], *columns: str) -> Counter[tuple[str | int | bool | None, ...]]:
    """Number of rows for each combination of values of these columns."""
    return Counter(tuple(row[c] for c in columns) for row in rows)


def sums(rows: Iterable[Row], column: str, *columns: str) -> Counter[tuple[str | int | bool | None, ...]]:
    """Sum of a measure for each combination of values; phases that never were add nothing."""
    found: Counter[tuple[str | int | bool | None, ...]] = Counter()
    for row in rows:
        found[tuple(row[c] for c in columns)] += int(row[column] or 0)
    return found


def told(line: Line, ending: Ending) -> Ending:
    """The ending as far as this line's webhooks tell it."""
    return UNTOLD[line.sends].get(ending, ending)


def _record_id(line: Line, story: Call | Message | ClassifierRow) -> str:
    return f"{line.provider}:{story.id}"


def _s(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds, half a second and more counting as one."""
    if start is None or end is None:
        return None
    milliseconds = round((end - start).total_seconds() * 1000)
    return (milliseconds + 500) // 1000


def _local_date(company: Company, at: datetime) -> date:
    return at.astimezone(company.tz).date()


def _call(company: Company, call: Call) -> Row:
    line = company.line(call.line)
    ending = told(line, call.ending)
    inbound = call.direction == "inbound"
    answered = call.answered_at
    rang = min((r.start for r in call.rings), default=None)
    # Where a call leaves the menu for the queue or for a telephone; the rest of it was waiting.
    waits_from = call.queued_at or rang
    voicemail = ending in (Ending.VOICEMAIL, Ending.STRAIGHT_TO_VOICEMAIL)
    user = call.talks[-1].person if call.talks else "" if inbound else call.person
    hold = sum((h.end - h.start).total_seconds() for h in call.holds)
    return {
        "record_id": _record_id(line, call),
        "connection": line.provider,
        "provider": line.provider,
        "provider_id": call.id,
        "direction": call.direction,
        "outcome": OUTCOME[ending],
        "missed_reason": _reason(company, call, ending) if inbound and not answered else "",
        "business_number": line.e164,
        "remote_number": "" if call.lookup_failed else call.customer,
        "user_id": user,
        "local_date": _local_date(company, call.started_at).isoformat(),
        "local_hour": call.started_at.astimezone(company.tz).hour,
        "ivr_s": _s(call.menu_from, call.queued_at or (call.ended_at if call.menu_from else None)),
        "wait_s": _s(waits_from, answered or call.ended_at) if waits_from else None,
        "ring_s": _s(rang, answered or call.ended_at) if rang else None,
        "hold_s": int(hold + 0.5) if call.holds else None,
        "talk_s": _s(answered, call.ended_at) if answered else None,
        "total_s": _s(call.started_at, call.ended_at),
        "voicemail_status": "left" if voicemail else "none",
        "recordings": int(call.recording_ready is not None),
        "transfers": max(len(call.talks) - 1, 0),
        "is_anonymous": int(call.customer == ANONYMOUS and not call.lookup_failed),
    }


def _reason(company: Company, call: Call, ending: Ending) -> str:
    if not company.is_open(call.started_at):
        return "closed_hours"
    return REASON[ending]


def _message(company: Company, message: Message) -> Row:
    line = company.line(message.line)
    group = bool(message.others)
    # Nobody of ours is named on a text that the telephone system received.
    nobody = line.sends == PBX and message.direction == "inbound"
    return {
        "record_id": _record_id(line, message),
        "connection": line.provider,
        "direction": message.direction,
        "status": MESSAGE_STATUS[message.status],
        "business_number": line.e164,
        "remote_number": "" if group else message.customer,
        "remote_count": 1 + len(message.others),
        "user_id": "" if nobody else message.person,
        "local_date": _local_date(company, message.created_at).isoformat(),
        "local_hour": message.created_at.astimezone(company.tz).hour,
        "media_count": message.media,
        "error_code": message.error,
    }
