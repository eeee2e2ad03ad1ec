"""What must be counted: worked out from the story alone, column by column as the files name them.

The story knows more than a provider tells, and nobody can count what was never said. That
difference is data and stands with each provider's words in `wire`: the call as it is heard, and
the columns that the contract leaves open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from . import aftermath, attendance
from .history import Call, ClassifierRow, Ending, History, Message
from .people import ANONYMOUS, CURRENCY, RATED, RATES, SOURCES, Company, Line
from .systems import Text
from .wire import WIRES

# Column -> value as a file or table holds it: whole seconds, None for a phase that never was.
Row = Mapping[str, str | int | bool | None]

# The workspace's setting when nothing else is said.
SERVICE_THRESHOLD_S = 20

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
LABELS = ("unique", "repeat", "target", "spam")
MESSAGE_STATUS = {
    Text.RECEIVED: "received",
    Text.DELIVERED: "delivered",
    Text.UNDELIVERED: "undelivered",
    Text.FAILED: "undelivered",
    Text.SENT: "sent",
    Text.PENDING: "pending",
}


# Outcome -> the word of the activity file (features.md O37-O40), by direction where it matters.
FILE_STATUS = {
    ("inbound", "caller_abandoned"): "Cancelled",
    ("outbound", "outbound_aborted"): "Ringing",
    ("inbound", "answered"): "Completed",
    ("outbound", "answered"): "Completed",
}
FILE_MESSAGE_STATUS = {"received": "Received", "delivered": "Delivered", "undelivered": "Undelivered"}
FILE_CALL_COLUMNS = (
    "record_id", "direction", "business_number", "remote_number", "user_id", "missed_reason", "ring_s", "wait_s",
    "talk_s", "total_s", "voicemail_s", "queue",
)  # fmt: skip
FILE_MESSAGE_COLUMNS = ("record_id", "direction", "business_number", "remote_number", "user_id")


@dataclass(frozen=True)
class Truth:
    """What the lake and the files must hold about a history, by record id."""

    calls: Mapping[str, Row]
    messages: Mapping[str, Row]
    classifier_rows: frozenset[str]
    parts: frozenset[str]
    zone: str
    cases: Mapping[str, Row]
    legs: Mapping[str, Row]
    presence: attendance.Lines

    @property
    def records(self) -> int:
        """Folded records: calls, texts, classifier rows and the side calls that became part of a call."""
        return len(self.calls) + len(self.messages) + len(self.classifier_rows) + len(self.parts)

    @property
    def presence_s(self) -> Counter[tuple[str, date, str]]:
        """Seconds of each person, local day and status."""
        found: Counter[tuple[str, date, str]] = Counter()
        for (person, day), stretches in self.presence.items():
            for start, end, status in stretches:
                # Each end cut to its second, so that a day has its whole length.
                found[person, day, status] += int(end.timestamp()) - int(start.timestamp())
        return found

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


def truth(history: History, arrival: datetime | None = None) -> Truth:
    """The truth about a history; `arrival` is when the texts came of which nothing else is told, else its end."""
    company = history.company
    contacts = _contacts(history, arrival)
    labels, fates = aftermath.labels(contacts), aftermath.fates(contacts)
    calls = [_call(company, c) for c in history.calls]
    messages = [_message(company, m) for m in history.messages]
    known = {str(row["record_id"]): row for row in calls}
    return Truth(
        zone=company.zone,
        calls={i: {**row, **_afterwards(row, labels.get(i, frozenset()), fates.get(i))} for i, row in known.items()},
        messages={str(row["record_id"]): row for row in messages},
        cases={c.misses[0]: _case(company, c, known) for c in aftermath.cases(contacts)},
        legs={str(row["record_id"]): row for c in history.calls for row in _legs(company, c)},
        presence=attendance.lines(history),
        classifier_rows=frozenset(_record_id(company.line(r.line), r) for r in history.classifier_rows),
        parts=frozenset(part for c in history.calls for part in _parts(company.line(c.line), c)),
    )


def file_rows(known: Truth) -> dict[str, Row]:
    """The truth as the activity file shows it: every cell text, empty for what never was."""
    found: dict[str, Row] = {}
    for record_id, row in known.calls.items():
        word = FILE_STATUS.get((str(row["direction"]), str(row["outcome"])), "Missed")
        cells = {c: "" if row[c] is None else str(row[c]) for c in FILE_CALL_COLUMNS}
        times = {
            "answered_at": _zulu(row["answered_at"]),
            "ended_at": _zulu(row["ended_at"]),
            **_start(known.zone, row),
        }
        flag = {"recording_flag": str(row["recordings"])}
        found[record_id] = {**cells, **times, **flag, "channel": "call", "status": word}
    for record_id, row in known.messages.items():
        word = FILE_MESSAGE_STATUS.get(str(row["status"]), "Pending")
        cells = {c: str(row[c]) for c in FILE_MESSAGE_COLUMNS}
        found[record_id] = {**cells, **_start(known.zone, row), "channel": "message", "status": word}
    return found


def _start(zone: str, row: Row) -> Row:
    """Start in UTC and on the wall, with the offset of that moment."""
    at = datetime.fromisoformat(str(row["started_at"])).replace(tzinfo=UTC)
    return {
        "started_at_utc": _zulu(row["started_at"]),
        "started_at_local": at.astimezone(ZoneInfo(zone)).isoformat(timespec="milliseconds"),
        "timezone": zone,
    }


def _zulu(at: object) -> str:
    return "" if at is None else datetime.fromisoformat(str(at)).isoformat(timespec="milliseconds") + "Z"


def totals(rows: Iterable[Row], *columns: str) -> Counter[tuple[str | int | bool | None, ...]]:
    """Number of rows for each combination of values of these columns."""
    return Counter(tuple(row[c] for c in columns) for row in rows)


def sums(rows: Iterable[Row], column: str, *columns: str) -> Counter[tuple[str | int | bool | None, ...]]:
    """Sum of a measure for each combination of values; phases that never were add nothing."""
    found: Counter[tuple[str | int | bool | None, ...]] = Counter()
    for row in rows:
        found[tuple(row[c] for c in columns)] += int(row[column] or 0)
    return found


def _record_id(line: Line, story: Call | Message | ClassifierRow) -> str:
    return f"{line.connection}:{_provider_id(line, story)}"


def _parts(line: Line, call: Call) -> list[str]:
    """Record ids of what the provider tells as calls of their own although they are parts of one."""
    told = getattr(WIRES[line.sends], "parts", None)
    return [f"{line.connection}:{part}" for part in told(call)] if told else []


def _provider_id(line: Line, story: Call | Message | ClassifierRow) -> str:
    """The provider's id where it is another than the story's."""
    if isinstance(story, ClassifierRow):
        return story.id
    wire = WIRES[line.sends]
    names = ("text_id", "provider_id") if isinstance(story, Message) else ("provider_id",)
    named = next((getattr(wire, name) for name in names if hasattr(wire, name)), None)
    return str(named(story)) if named else story.id


def _s(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds, half a second and more counting as one."""
    if start is None or end is None:
        return None
    milliseconds = round((end - start).total_seconds() * 1000)
    return (milliseconds + 500) // 1000


def _utc(at: datetime | None) -> str | None:
    """An instant as the lake keeps it: UTC without a zone."""
    return None if at is None else at.astimezone(UTC).replace(tzinfo=None).isoformat()


def _local_date(company: Company, at: datetime) -> date:
    return at.astimezone(company.tz).date()


def _call(company: Company, story: Call) -> Row:
    line = company.line(story.line)
    wire = WIRES[line.sends]
    call: Call = wire.heard(company, line, story)
    ending = call.ending
    answered = call.answered_at
    numberless = getattr(wire, "NUMBERLESS", False)
    user = _owner(line, call)
    team = "" if numberless else line.team
    charged = call.charged_at is not None
    spans = _phases(call, box_told=getattr(wire, "BOX_TOLD", False))
    row: dict[str, str | int | bool | None] = {
        "record_id": _record_id(line, story),
        "connection": line.connection,
        "provider": line.provider,
        "provider_id": _provider_id(line, story),
        "direction": call.direction,
        "outcome": OUTCOME[ending],
        "business_number": "" if numberless else line.e164,
        "remote_number": "" if call.lookup_failed else call.customer,
        "user_id": user,
        "team_id": team or (company.person(user).team if user else ""),
        "unattributed": "" if user else _why_nobody(line, call),
        "started_at": _utc(call.started_at),
        "answered_at": _utc(answered),
        "ended_at": _utc(call.ended_at),
        "local_date": _local_date(company, call.started_at).isoformat(),
        "local_hour": call.started_at.astimezone(company.tz).hour,
        "local_weekday": _local_date(company, call.started_at).isoweekday(),
        **spans,
        **_artefacts(call, ending),
        **_sets(company, call, ending),
        "queue": wire.queue(line, call) if hasattr(wire, "queue") else "",
        "campaign": wire.campaign(line, call) if hasattr(wire, "campaign") else "",
        "scheme": wire.scheme(line, call) if hasattr(wire, "scheme") else "",
        "classifier": call.classifier,
        "source": SOURCES.get(line.source, "") if call.direction == "inbound" and not numberless else "",
        "cost_amount": call.price if charged else None,
        "cost_currency": getattr(wire, "CURRENCY", CURRENCY) if charged else "",
        "cost_source": "provider" if charged else "",
        **_rated(line, call),
        "transfers": max(len(call.talks) - 1, 0),
        "answered_elsewhere": sum(not r.answered for r in call.rings) if answered else 0,
        "is_anonymous": int(call.customer == ANONYMOUS and not call.lookup_failed),
    }
    return {column: value for column, value in row.items() if column not in wire.SILENT}


def _legs(company: Company, story: Call) -> list[Row]:
    """What each colleague had of a call that came in and was answered, under the call's id and the colleague's."""
    line = company.line(story.line)
    wire = WIRES[line.sends]
    call: Call = wire.heard(company, line, story)
    told = getattr(wire, "tells_legs", None)
    if call.direction == "outbound" or "answered_at" in wire.SILENT or (told and not told(line, story)):
        return []
    call_id = _record_id(line, story)
    return [
        {
            "record_id": f"{call_id} {talk.person}",
            "user_id": talk.person,
            "answered_at": _utc(talk.start),
            "talk_s": _s(talk.start, talk.end),
            "outcome": "answered",
        }
        for talk in call.talks
        if talk.person
    ]


def _rated(line: Line, call: Call) -> Row:
    """What the tariff makes of a call that we made: begun stretches count as whole ones, nobody's pick-up costs nothing
    (metrics.md Cost per call).
    """
    rates = [rate for prefix, rate in RATES.items() if call.customer.startswith(f"+{prefix}")]
    if line.sends != RATED or call.direction == "inbound" or not rates:
        return {}
    fee, minute, increment = rates[0]
    cost = Decimal(0)
    if call.answered_at:
        begun = -((call.answered_at - call.ended_at) // timedelta(seconds=increment))
        cost = Decimal(fee) + begun * increment * Decimal(minute) / 60
    amount = str(cost.quantize(Decimal("0.0001"), ROUND_HALF_UP))
    return {"cost_amount": amount, "cost_currency": CURRENCY, "cost_source": "tariff"}


def _owner(line: Line, call: Call) -> str:
    """Who talked last or dialled; a call that nobody took belongs to nobody, unless it rang one person alone."""
    if call.talks:
        return call.talks[-1].person
    if call.direction == "outbound":
        return call.person
    alone = {r.person for r in call.rings}
    return alone.pop() if not line.team and len(alone) == 1 else ""


def _why_nobody(line: Line, call: Call) -> str:
    """A group was called and nobody came; else a machine had the caller to itself, or nobody is named."""
    if call.direction == "inbound" and not call.talks:
        if (line.team or call.queued_at) and (call.queued_at or _rang(call)):
            return "group_call"
        if call.menu_from:
            return "system"
    return "nobody"


def _rang(call: Call) -> datetime | None:
    """The first ring; a call of which neither ring nor menu nor queue is told rings from its start."""
    silent = not (call.rings or call.queued_at or call.menu_from)
    return call.started_at if silent else min((r.start for r in call.rings), default=None)


def _phases(call: Call, *, box_told: bool) -> Row:
    """Seconds of each phase. Unless it is told when a voicemail box took over, ringing lasts to the end."""
    answered, rang = call.answered_at, _rang(call)
    stop = answered or (call.voicemail_from if box_told else None) or call.ended_at
    hold = sum((h.end - h.start).total_seconds() for h in call.holds)
    left_menu = min(at for at in (call.queued_at, rang, stop) if at)
    return {
        "ivr_s": _s(call.menu_from, left_menu),
        "wait_s": _s(call.queued_at or rang, stop),
        "ring_s": _s(rang, stop),
        "hold_s": int(hold + 0.5) if call.holds else None,
        "talk_s": _s(answered, call.ended_at),
        "total_s": _s(call.started_at, call.ended_at),
    }


def _artefacts(call: Call, ending: Ending) -> Row:
    boxed = ending in (Ending.VOICEMAIL, Ending.STRAIGHT_TO_VOICEMAIL) and call.voicemail_ready
    voicemail = call.voicemail_from if boxed else None
    return {
        "voicemail_status": "left" if voicemail else "none",
        # Providers cut to whole seconds.
        "voicemail_s": int((call.ended_at - voicemail).total_seconds()) if voicemail else None,
        "recordings": int(call.recording_ready is not None),
        "summary": int(call.summary_ready is not None),
        "transcript": int(call.transcript_ready is not None),
    }


def _sets(company: Company, call: Call, ending: Ending) -> Row:
    """Reason of a miss and the base sets of incoming calls (metrics.md)."""
    inbound, opened = call.direction == "inbound", company.is_open(call.started_at)
    answered = call.answered_at is not None
    # A number that was not told is on no list.
    spam = company.is_spam(call.customer) and not call.lookup_failed
    reason = "" if answered or not inbound else REASON[ending] if opened else "closed_hours"
    # Who is on the list is counted as a call and belongs to no set.
    reason = "spam" if reason and spam else reason
    offered = inbound and opened and not spam and reason != "ivr_abandon"
    short = reason == "short_abandon"
    since = call.queued_at or _rang(call)
    wait = (call.answered_at - since).total_seconds() if call.answered_at and since else 0
    return {
        "missed_reason": reason,
        "is_offered": int(offered),
        "is_missed": int(offered and not answered and not short),
        "is_short_abandon": int(short),
        "is_closed_hours": int(reason == "closed_hours"),
        "is_ivr_abandon": int(reason == "ivr_abandon"),
        "is_within_service": int(offered and answered and wait <= SERVICE_THRESHOLD_S),
    }


def _message(company: Company, story: Message) -> Row:
    line = company.line(story.line)
    wire = WIRES[line.sends]
    message: Message = wire.heard_text(line, story)
    group = bool(message.others)
    row: dict[str, str | int | bool | None] = {
        "record_id": _record_id(line, story),
        "connection": line.connection,
        "direction": message.direction,
        "status": MESSAGE_STATUS[message.status],
        "business_number": line.e164,
        "remote_number": "" if group else message.customer,
        "remote_count": 1 + len(message.others),
        "user_id": message.person,
        "started_at": _utc(message.created_at),
        "local_date": _local_date(company, message.created_at).isoformat(),
        "local_hour": message.created_at.astimezone(company.tz).hour,
        "media_count": message.media,
        "error_code": message.error,
    }
    silent = getattr(wire, "SILENT_TEXTS", {})
    return {column: value for column, value in row.items() if column not in silent}


# --- what became of the misses


def _contacts(history: History, arrival: datetime | None) -> list[aftermath.Contact]:
    """Calls and texts with customers who showed their number, as they are heard."""
    company = history.company
    found = []
    for story in history.calls:
        line = company.line(story.line)
        call: Call = WIRES[line.sends].heard(company, line, story)
        if call.lookup_failed:
            continue
        talk = call.ended_at - call.answered_at if call.answered_at else timedelta(0)
        found.append(
            aftermath.Contact(
                record_id=_record_id(line, story),
                customer=call.customer,
                at=call.started_at,
                end=call.ended_at,
                channel="call",
                direction=call.direction,
                outcome=OUTCOME[call.ending],
                user=_owner(line, call),
                number=line.e164,
                talk=talk,
                spam=company.is_spam(call.customer),
            )
        )
    last = max((c.ended_at for c in history.calls), default=None)
    for text in history.messages:
        line = company.line(text.line)
        wire = WIRES[line.sends]
        message: Message = wire.heard_text(line, text)
        at = message.created_at
        if _untimed_texts(company, line.connection):
            at = arrival or (last or at) + timedelta(hours=1)
        # A text to several is another party.
        if not message.others:
            found.append(
                aftermath.Contact(
                    record_id=_record_id(line, text),
                    customer=message.customer,
                    at=at,
                    end=at,
                    channel="text",
                    direction=message.direction,
                    sent=message.status in (Text.SENT, Text.DELIVERED),
                    spam=company.is_spam(message.customer),
                )
            )
    return found


def _afterwards(call: Row, labels: Iterable[str], fate: aftermath.Fate | None) -> Row:
    """What its customer's other calls and texts make of a call."""
    row: dict[str, str | int | bool | None] = {f"is_{label}": int(label in labels) for label in LABELS}
    row |= {
        "recovery_state": fate.state if fate else "",
        "is_recovered": int(fate is not None and fate.recovered is not None),
        "recovered_by": fate.recovered.user if fate and fate.recovered else "",
    }
    if "ended_at" in call:
        recovered = fate.recovered if fate else None
        row["recovery_s"] = _s(fate.miss.end if fate else None, recovered.at if recovered else None)
    return row


def _case(company: Company, case: aftermath.Case, calls: Mapping[str, Row]) -> Row:
    """The row of a case; where the end of a call is not told, no time that is counted from it is known."""
    fate = case.first
    miss = calls[fate.miss.record_id]
    first = fate.tries[0] if fate.tries else None
    opened = fate.miss.end
    spent = aftermath.open_time(company, opened, first.at) if first else None
    row: dict[str, str | int | bool | None] = {
        **{c: miss[c] for c in ("record_id", "connection", "business_number", "remote_number", "user_id", "team_id")},
        "reason": miss["missed_reason"],
        "local_date": miss["local_date"],
        "state": fate.state,
        "misses": len(case.misses),
        "attempts": len(fate.tries),
        "recovery_call": fate.recovered.record_id if fate.recovered else "",
        "recovered_by": fate.recovered.user if fate.recovered else "",
    }
    if "ended_at" in miss:
        if fate.state != "resolved_by_text" or not _untimed_texts(company, str(miss["connection"])):
            row["closed_at"] = _utc(fate.closed_at)
        row |= {
            "opened_at": _utc(opened),
            "first_attempt_s": _s(opened, first.at if first else None),
            "first_attempt_open_s": None if spent is None else int(spent.total_seconds() + 0.5),
            "recovery_s": _s(opened, fate.recovered.at if fate.recovered else None),
            "is_within_sla": int(spent is not None and spent <= aftermath.SLA),
        }
    return row


def _untimed_texts(company: Company, connection: str) -> bool:
    """Whether of a connection's texts only the arrival is known."""
    wires = [WIRES[x.sends] for x in company.lines if x.connection == connection]
    return any("started_at" in getattr(wire, "SILENT_TEXTS", {}) for wire in wires)
