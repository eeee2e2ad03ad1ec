"""Spend, and everything over calls and messages together."""

from __future__ import annotations

from .conditions import ANSWERED, CALL, CONVERTED, MESSAGE, NOT_SPAM, both
from .metric import Charged, Count, Distinct, Either, Flag, Grain, Known, Loaded, Metric, Money, Not, Share, Unit

# Both channels; the rows say themselves which calls and messages they are.
_INTERACTION = both(Either(of=(Flag(column="is_call"), Flag(column="is_message"))), NOT_SPAM)
_PARTY = Known(column="party_key", text=True)


def _money(
    id: str, name: str, formula: Money, words: str, table: str, grain: Grain, source: str, **more: str
) -> Metric:
    return Metric(
        id=id,
        name=name,
        unit=Unit.MONEY,
        words=words + " Unknown charges are not nought: see the coverage.",
        grain=grain,
        settings=("currency",),
        table=table,
        formula=formula,
        source=source,
        **more,
    )


def _coverage(id: str, name: str, share: Share, words: str, table: str, grain: Grain) -> Metric:
    return Metric(
        id=id,
        name=name,
        unit=Unit.SHARE,
        words=words,
        numerator="charge known, in the workspace's currency",
        denominator="all",
        grain=grain,
        settings=("currency",),
        better="higher",
        table=table,
        formula=share,
        source="metrics.md Cost per call, coverage",
    )


METRICS: tuple[Metric, ...] = (
    Metric(
        id="interactions",
        name="Calls and messages",
        unit=Unit.COUNT,
        words="Calls and messages of the period together, without spam.",
        grain=Grain.INTERACTION,
        table="interactions",
        formula=Count(of=_INTERACTION),
        source="features.md O15",
    ),
    Metric(
        id="unique_conversations",
        name="Unique conversations",
        unit=Unit.COUNT,
        words=(
            "Different pairs of one of our numbers and one customer (a group text is one customer) with at least one "
            "call or message. Withheld callers are in none."
        ),
        grain=Grain.INTERACTION,
        table="interactions",
        formula=Distinct(of=("business_number", "party_key"), where=both(_INTERACTION, _PARTY)),
        source="features.md O9",
    ),
    Metric(
        id="anonymous_interactions",
        name="Anonymous calls and messages",
        unit=Unit.COUNT,
        words="Calls and messages of customers who withheld their number, or of whom none is known.",
        grain=Grain.INTERACTION,
        table="interactions",
        formula=Count(of=both(_INTERACTION, Not(of=_PARTY))),
        source="features.md O9; demands.md D48",
    ),
    _money(
        "spend", "Spend", Money(where=_INTERACTION), "Charges of calls and messages, those in others converted.",
        "interactions", Grain.INTERACTION, "features.md N8", better="lower",
    ),
    _coverage(
        "cost_coverage", "Charges known", Share(part=both(_INTERACTION, Charged()), whole=_INTERACTION),
        "Calls and messages whose charge is known in the workspace's currency.", "interactions", Grain.INTERACTION,
    ),
    Metric(
        id="converted_charges",
        name="Charges converted",
        unit=Unit.COUNT,
        words="Calls and messages charged in another currency, which sums of money hold at the stored rate of the day.",
        grain=Grain.INTERACTION,
        settings=("currency",),
        table="interactions",
        formula=Count(of=both(_INTERACTION, Charged(), CONVERTED)),
        source="features.md N8",
    ),
    Metric(
        id="other_currencies",
        name="Charges not converted",
        unit=Unit.COUNT,
        words=(
            "Calls and messages charged in a currency for which no rate of the day, or of the seven days before, is "
            "stored; in no sum of money."
        ),
        grain=Grain.INTERACTION,
        settings=("currency",),
        table="interactions",
        formula=Count(of=both(_INTERACTION, Charged(other=True))),
        source="features.md N8",
    ),
    _money(
        "spend_calls", "Spend on calls", Money(where=CALL), "Charges of calls, all legs, in the workspace's currency.",
        "calls", Grain.CALL, "features.md N8", better="lower",
    ),
    _money(
        "cost_per_call", "Cost per call", Money(where=CALL, per=ANSWERED),
        "Charges of calls, all legs, for each call that a person handled, over calls with a known charge.", "calls",
        Grain.CALL,
        "metrics.md Cost per call", better="lower", numerator="charges of calls",
        denominator="handled calls with a known charge",
    ),
    Metric(
        id="loaded_cost_per_call",
        name="Cost per call with people's time",
        unit=Unit.MONEY,
        words=(
            "Charges of calls and the talk time of people at the hourly rate asked with (`hourly_rate`), for each call "
            "that a person handled, over calls with a known charge. Null without a rate."
        ),
        numerator="charges of calls + hourly rate * hours of talk",
        denominator="handled calls with a known charge",
        grain=Grain.CALL,
        settings=("currency",),
        better="lower",
        table="calls",
        formula=Loaded(where=CALL, per=ANSWERED, seconds="talk_s"),
        source="metrics.md Cost per call, loaded",
    ),
    _money(
        "cost_per_minute", "Cost per minute", Money(where=CALL, per_minute_of="talk_s"),
        "Charges of calls for each minute of talk, over calls with a known charge.", "calls", Grain.CALL,
        "features.md N9", better="lower",
        numerator="charges of calls", denominator="minutes of talk of calls with a known charge",
    ),
    _coverage(
        "call_cost_coverage", "Charges of calls known", Share(part=both(CALL, Charged()), whole=CALL),
        "Calls whose charge is known in the workspace's currency.", "calls", Grain.CALL,
    ),
    _money(
        "spend_messages", "Spend on messages", Money(where=MESSAGE), "Charges of messages in the workspace's currency.",
        "messages", Grain.MESSAGE, "features.md N8", better="lower",
    ),
    _coverage(
        "message_cost_coverage", "Charges of messages known", Share(part=both(MESSAGE, Charged()), whole=MESSAGE),
        "Messages whose charge is known in the workspace's currency.", "messages", Grain.MESSAGE,
    ),
)  # fmt: skip
