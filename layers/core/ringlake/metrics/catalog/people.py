"""People: presence, occupancy, rings, load (features.md R25-R32, N10, N11, N26).

Most of it has no formula over single rows: a person's line is added up from stretches that are cut at
midnights and last until now, rings are weighed against a threshold, availability is a union over people.
`ringlake.metrics.staff` computes them. Where one expression says the same of rows that are complete, `sql`
has it.
"""

from __future__ import annotations

from ringlake.model.presence import WRAP_UP

from .conditions import ANSWERED_INBOUND
from .metric import Grain, Mean, Metric, Unit

_RING = (
    "row_kind = 'leg' and user_id <> '' and started_at is not null and kind not in ('consultation', 'survey_post_call')"
)
_WORDS = ", ".join(f"'{word}'" for word in sorted(WRAP_UP))
_WRAP = f"lower(trim(split_part(raw, ':', 1))) in ({_WORDS})"


def _status(status: str, name: str, words: str) -> Metric:
    return Metric(
        id=f"{status}_s",
        name=name,
        unit=Unit.SECONDS,
        words=words,
        grain=Grain.INTERVAL,
        source="features.md R29, R32, R37",
        table="presence",
        sql=f"sum({status}_s)",
    )


METRICS: tuple[Metric, ...] = (
    _status(
        "talking",
        "Time talking",
        "Seconds in which a person was on the telephone, hold included, by any of the accounts.",
    ),
    _status(
        "online", "Time online", "Seconds in which a person was there and not talking; a phone that rings is online."
    ),
    _status("dnd", "Time in do-not-disturb", "Seconds in which the best status of all accounts was do-not-disturb."),
    _status(
        "offline",
        "Time offline",
        "Seconds in which no account was there. The four statuses of a full past day sum to its length; of who never "
        "reported a status nothing is known.",
    ),
    Metric(
        id="occupancy",
        name="Occupancy",
        unit=Unit.SHARE,
        words="Seconds talking, ringing and in wrap-up, of seconds talking and online, on the merged line of a "
        "person; at most 1. Seconds of wrap-up count where the provider tells them apart from being online.",
        grain=Grain.INTERVAL,
        source="metrics.md Occupancy",
        numerator="seconds talking, ringing and in wrap-up",
        denominator="seconds talking and online",
        better="higher",
        table="presence",
    ),
    Metric(
        id="utilisation",
        name="Utilisation",
        unit=Unit.SHARE,
        words="Seconds talking (hold included) and in wrap-up, of seconds logged in: talking, online and "
        "do-not-disturb.",
        grain=Grain.INTERVAL,
        source="metrics.md Utilisation",
        numerator="seconds talking and in wrap-up",
        denominator="seconds talking, online and in do-not-disturb",
        better="higher",
        table="presence",
        sql=f"cast(sum(talking_s + case when {_WRAP} then online_s else 0 end) as double) / "
        "nullif(sum(talking_s + online_s + dnd_s), 0)",
    ),
    Metric(
        id="availability",
        name="Availability",
        unit=Unit.SHARE,
        words="Share of open hours in which at least one person of the team was online or talking. Days on which "
        "nobody of them reported a status are in no share.",
        grain=Grain.INTERVAL,
        source="metrics.md Availability; features.md N26",
        numerator="open seconds with at least one person online or talking",
        denominator="open seconds of days with a known status",
        settings=("hours", "schedules"),
        better="higher",
        table="presence",
    ),
    Metric(
        id="agent_missed_rings",
        name="Missed rings",
        unit=Unit.COUNT,
        words="Incoming legs that rang a person for longer than the threshold and that nobody took: exactly the "
        "threshold is not missed. Legs that a colleague answered, and those declined, are counted apart.",
        grain=Grain.LEG,
        source="metrics.md Agent missed rings; features.md R28",
        settings=("missed_ring_s",),
        better="lower",
        table="legs",
    ),
    Metric(
        id="agent_missed_ring_rate",
        name="Share of rings missed",
        unit=Unit.SHARE,
        words="Missed rings of all rings of a person that lasted longer than the threshold or were answered or "
        "declined; those that a colleague answered are in neither part unless asked for.",
        grain=Grain.LEG,
        source="metrics.md Agent missed rings",
        numerator="missed rings",
        denominator="answered, declined and missed rings",
        settings=("missed_ring_s",),
        better="lower",
        table="legs",
    ),
    Metric(
        id="agent_declined_rings",
        name="Declined rings",
        unit=Unit.COUNT,
        words="Incoming legs that the person declined.",
        grain=Grain.LEG,
        source="metrics.md Agent missed rings",
        better="lower",
        table="legs",
        sql=f"sum(case when {_RING} and outcome = 'declined' then 1 else 0 end)",
    ),
    Metric(
        id="missed_by_person",
        name="Missed calls of a person",
        unit=Unit.COUNT,
        words="Incoming calls that nobody answered and that rang the person for longer than the threshold.",
        grain=Grain.CALL,
        source="features.md R26, R28",
        settings=("missed_ring_s",),
        better="lower",
        table="legs",
    ),
    Metric(
        id="person_answer_s",
        name="Average answer time of a person",
        unit=Unit.SECONDS,
        words="Mean ring time of the incoming calls that the person answered.",
        grain=Grain.CALL,
        source="features.md R27",
        numerator="seconds rung",
        denominator="incoming calls answered with a known ring time",
        better="lower",
        table="calls",
        formula=Mean(of="ring_s", where=ANSWERED_INBOUND),
    ),
    Metric(
        id="agent_aht_s",
        name="Handle time of a person",
        unit=Unit.SECONDS,
        words="Talk of the person's own legs, hold included, for each leg that he answered; wrap-up is 0 where the "
        "provider does not tell it. By leg: a transferred call counts for each who handled it.",
        grain=Grain.LEG,
        source="metrics.md AHT",
        numerator="seconds talked on answered legs",
        denominator="legs answered",
        better="lower",
        table="legs",
        sql="cast(sum(case when row_kind = 'leg' and user_id <> '' and outcome = 'answered' and kind not in "
        "('consultation', 'survey_post_call') then talk_s else 0 end) as double) / nullif(sum(case when row_kind = "
        "'leg' and user_id <> '' and outcome = 'answered' and kind not in ('consultation', 'survey_post_call') "
        "then 1 else 0 end), 0)",
    ),
    Metric(
        id="agent_talk_s",
        name="Talk of a person by leg",
        unit=Unit.SECONDS,
        words="Seconds talked on the person's own legs, hold included. The sum over people may exceed that of calls, "
        "because a transferred call is talked by two.",
        grain=Grain.LEG,
        source="metrics.md, attribution rule 3",
        table="legs",
    ),
    Metric(
        id="load_calls_share",
        name="Share of calls",
        unit=Unit.SHARE,
        words="Calls of which the person is the owner, of all calls in sight.",
        grain=Grain.CALL,
        source="features.md N11",
        numerator="calls of the person",
        denominator="calls",
        table="calls",
    ),
    Metric(
        id="load_talk_share",
        name="Share of talk",
        unit=Unit.SHARE,
        words="Talk of the calls of which the person is the owner, of the talk of all calls in sight.",
        grain=Grain.CALL,
        source="features.md N11",
        numerator="seconds talked on calls of the person",
        denominator="seconds talked",
        table="calls",
    ),
)
