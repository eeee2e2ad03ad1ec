"""Lines and staffing: concurrency, Erlang, response times of texts."""

from __future__ import annotations

from .conditions import ANSWERED
from .metric import Grain, Metric, Total, Unit

_HOURS = ("hours", "schedules")
_SLA = ("text_sla_s", "service_target_pct", "targets")
_CONVERSATION = "A conversation is one business number with one customer; 24 hours of silence end an episode of it."


def _response(id: str, name: str, words: str, *, part: str, open_hours: bool) -> Metric:
    measured = "seconds of open hours" if open_hours else "seconds"
    return Metric(
        id=id,
        name=name,
        unit=Unit.SECONDS,
        words=f"{words} {_CONVERSATION}",
        numerator=f"{measured} from the first message of a block to its reply",
        denominator=f"{part} blocks answered within their episode",
        grain=Grain.MESSAGE,
        settings=_HOURS if open_hours else (),
        better="lower",
        table="messages",
        source="metrics.md Response time of texts; demands.md D34",
    )


def _in_time(id: str, name: str, *, part: str, open_hours: bool) -> Metric:
    counted = "counted in open hours" if open_hours else "by the clock"
    return Metric(
        id=id,
        name=name,
        unit=Unit.SHARE,
        words=(
            f"Blocks whose reply came within the text target, {counted}, of {part} blocks that are due: one "
            "without a reply is due when the target has passed. The boundary is inside."
        ),
        numerator="blocks replied to within the target",
        denominator=f"{part} blocks replied to, or waiting longer than the target",
        grain=Grain.MESSAGE,
        settings=(*_SLA, *_HOURS) if open_hours else _SLA,
        better="higher",
        table="messages",
        source="features.md O48; demands.md D69",
    )


METRICS: tuple[Metric, ...] = (
    Metric(
        id="abandoned_wait_s",
        name="Average wait given up",
        unit=Unit.SECONDS,
        words="Mean wait of offered calls whose caller gave up, short abandons included.",
        numerator="seconds waited",
        denominator="abandoned calls with a known wait",
        grain=Grain.CALL,
        settings=_HOURS,
        table="calls",
        sql="avg(case when is_offered = 1 and is_abandoned = 1 and is_callback_requested = 0 then wait_s end)",
        source="metrics.md Wait histogram; features.md N25",
    ),
    Metric(
        id="attended_transfers",
        name="Attended transfers",
        unit=Unit.COUNT,
        words=(
            "Transfers of answered calls before which whoever took over had been talked to. Transfers whose legs the "
            "provider does not tell are neither attended nor blind."
        ),
        grain=Grain.CALL,
        table="calls",
        formula=Total(of="transfers_attended", where=ANSWERED),
        source="metrics.md Transfers, consultations; features.md F21",
    ),
    Metric(
        id="blind_transfers",
        name="Blind transfers",
        unit=Unit.COUNT,
        words="Transfers of answered calls to somebody who had not been talked to before.",
        grain=Grain.CALL,
        table="calls",
        formula=Total(of="transfers_blind", where=ANSWERED),
        source="metrics.md Transfers, consultations",
    ),
    Metric(
        id="peak_answered",
        name="Most conversations at once",
        unit=Unit.LINES,
        words=(
            "Largest number of calls at one instant that a person had picked up and that had not ended. A call that "
            "ends as another is picked up does not meet it; calls that began before the period count while they last."
        ),
        grain=Grain.CALL,
        table="calls",
        source="metrics.md Concurrency; demands.md D63",
    ),
    Metric(
        id="peak_waiting",
        name="Most calls at once, waiting included",
        unit=Unit.LINES,
        words=(
            "Largest number of calls at one instant, from their start to their end, whether anybody had picked up or "
            "not. A call that ends as another begins does not meet it."
        ),
        grain=Grain.CALL,
        table="calls",
        source="metrics.md Concurrency; demands.md D63",
    ),
    Metric(
        id="lines_required",
        name="Lines required",
        unit=Unit.LINES,
        words=(
            "Smallest number of lines with which no more calls than the target share find all of them busy (Erlang B), "
            "for the seconds of line use, ring and wait included, in the hour of the clock that is busiest on the mean "
            "over the period's working days."
        ),
        numerator="seconds of calls inside that hour",
        denominator="seconds that the hour lasted on working days",
        grain=Grain.CALL,
        settings=_HOURS,
        better="lower",
        table="calls",
        source="metrics.md Lines required (Erlang B)",
    ),
    Metric(
        id="agents_required",
        name="Agents required",
        unit=Unit.PEOPLE,
        words=(
            "Smallest number of agents who reach the service level in the hour with most offered calls (Erlang C), at "
            "the mean handle time of incoming calls. Nobody gives up in this model, so it says more than are needed."
        ),
        numerator="offered calls an hour times mean handle time",
        denominator="3600 s",
        grain=Grain.CALL,
        settings=("service_threshold_s", "service_target_pct", *_HOURS),
        better="lower",
        table="calls",
        source="metrics.md Agents required (Erlang C)",
    ),
    _response(
        "text_first_response_s", "First response to texts",
        "Time from the first customer message of an episode to the first text that a person of ours sent, or to an "
        "answered call to the customer. Automatic and bulk messages are no reply; the sender is credited.",
        part="first", open_hours=False,
    ),
    _response(
        "text_first_response_open_s", "First response to texts, open hours",
        "The same, of which only open hours count.", part="first", open_hours=True,
    ),
    _response(
        "text_next_response_s", "Next response to texts",
        "Time from each further block of customer messages inside an episode to the reply; a block is messages that "
        "follow each other without a reply and waits from its first one on.",
        part="further", open_hours=False,
    ),
    _response(
        "text_next_response_open_s", "Next response to texts, open hours",
        "The same, of which only open hours count.", part="further", open_hours=True,
    ),
    _in_time("text_first_in_time", "First responses in time", part="first", open_hours=False),
    _in_time("text_first_in_time_open", "First responses in time, open hours", part="first", open_hours=True),
    _in_time("text_next_in_time", "Next responses in time", part="further", open_hours=False),
    _in_time("text_next_in_time_open", "Next responses in time, open hours", part="further", open_hours=True),
    Metric(
        id="texts_unanswered",
        name="Unanswered texts",
        unit=Unit.COUNT,
        words=(
            "Blocks of customer messages that nobody replied to within seven days, or not yet; with the age of the "
            f"oldest. {_CONVERSATION}"
        ),
        grain=Grain.MESSAGE,
        better="lower",
        table="messages",
        source="metrics.md Next response time; unanswered",
    ),
    Metric(
        id="texts_answered_late",
        name="Texts answered after their episode",
        unit=Unit.COUNT,
        words=(
            "Blocks whose first reply came after 24 hours of silence and within seven days: no response time, and "
            f"nobody waits for it any more. {_CONVERSATION}"
        ),
        grain=Grain.MESSAGE,
        better="lower",
        table="messages",
        source="metrics.md Response time of texts",
    ),
)  # fmt: skip
