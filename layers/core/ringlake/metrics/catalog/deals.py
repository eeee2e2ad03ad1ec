"""Quotes and orders (features.md W29, W30), and calls that end in a sale (N28)."""

from __future__ import annotations

from .conditions import ANSWERED_OUTBOUND, both, without
from .metric import Condition, Count, Flag, Grain, Mean, Metric, OneOf, Share, Unit

QUOTE, ORDER, CONVERTED = (Flag(column=f"is_{name}") for name in ("quote", "order", "converted"))
SOLD = both(ANSWERED_OUTBOUND, Flag(column="is_sale"))
# The words that mean a sale are a setting; it decides what the column holds.
_SALE = ("sale_dispositions",)


def _deals(id: str, name: str, of: Condition, words: str, better: str = "") -> Metric:
    return Metric(
        id=id,
        name=name,
        unit=Unit.COUNT,
        words=words,
        grain=Grain.DEAL,
        better=better,
        table="deals",
        formula=Count(of=of),
        source="features.md W29",
    )


def _money(id: str, name: str, of: str, words: str) -> Metric:
    return Metric(
        id=id,
        name=name,
        unit=Unit.MONEY,
        words=words,
        grain=Grain.DEAL,
        better="higher",
        table="deals",
        # Of rows of one currency: amounts of different ones are never added.
        sql=f"sum(case when {of} = 1 then amount end)",
        source="features.md W11, W29",
    )


METRICS: tuple[Metric, ...] = (
    _deals("quotes", "Quotes", QUOTE, "Quotes made in the period, by the date of the quote."),
    _deals(
        "orders", "Orders of these quotes", CONVERTED,
        "Quotes made in the period that are orders now, whenever they were ordered.", "higher",
    ),
    Metric(
        id="conversion",
        name="Conversion",
        unit=Unit.SHARE,
        words="Share of the quotes made in the period that are orders now: by the date of the quote, so that it may "
        "still grow.",
        numerator="quotes of the period that are orders now",
        denominator="quotes of the period",
        grain=Grain.DEAL,
        better="higher",
        table="deals",
        formula=Share(part=CONVERTED, whole=QUOTE),
        source="features.md W29",
    ),
    _deals(
        "lost_quotes", "Lost quotes", both(QUOTE, Flag(column="is_lost")), "Quotes made in the period that are lost.",
        "lower",
    ),
    _deals(
        "open_quotes", "Open quotes", both(QUOTE, OneOf(column="state", values=("quoted",))),
        "Quotes made in the period that are neither orders nor lost.",
    ),
    _deals(
        "orders_without_quote", "Orders without a quote", without(ORDER, QUOTE),
        "Orders of which nobody told a quote: they are in no conversion, and count at their first word.",
    ),
    Metric(
        id="order_s",
        name="Time from quote to order",
        unit=Unit.SECONDS,
        words="Mean time from the quote to the order, over the quotes of the period that are orders now.",
        numerator="seconds from quote to order",
        denominator="quotes of the period that are orders now",
        grain=Grain.DEAL,
        better="lower",
        table="deals",
        formula=Mean(of="order_s", where=CONVERTED),
        source="features.md W29",
    ),
    _money("quoted_amount", "Amount quoted", "is_quote", "Known amounts of the period's quotes, by currency."),
    _money(
        "ordered_amount", "Amount ordered", "is_converted",
        "Known amounts of the period's quotes that are orders now, by currency.",
    ),
    Metric(
        id="sales",
        name="Calls ending in a sale",
        unit=Unit.COUNT,
        words="Outgoing answered calls that people marked successful, or that nobody marked and that an order names or "
        "whose disposition means a sale.",
        grain=Grain.CALL,
        settings=_SALE,
        better="higher",
        table="calls",
        formula=Count(of=SOLD),
        source="features.md N28",
    ),
    Metric(
        id="sale_rate",
        name="Calls ending in a sale %",
        unit=Unit.SHARE,
        words="Share of outgoing answered calls that ended in a sale.",
        numerator="outgoing answered calls that ended in a sale",
        denominator="outgoing answered calls",
        grain=Grain.CALL,
        settings=_SALE,
        better="higher",
        table="calls",
        formula=Share(part=SOLD, whole=ANSWERED_OUTBOUND),
        source="features.md N28",
    ),
)  # fmt: skip
