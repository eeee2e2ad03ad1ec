"""Messages: how many, and what became of them."""

from __future__ import annotations

from .conditions import MESSAGE, RECEIVED, SCHEDULED, SENT, both
from .metric import Count, Either, Flag, Formula, Grain, Metric, Share, Total, Unit

_DELIVERED = Flag(column="is_delivered")
_RECEIPT = Either(of=(_DELIVERED, Flag(column="is_undelivered")))


def _metric(id: str, name: str, formula: Formula, words: str, source: str, **more: str) -> Metric:
    return Metric(
        id=id,
        name=name,
        unit=Unit.SHARE if isinstance(formula, Share) else Unit.COUNT,
        words=words,
        grain=Grain.MESSAGE,
        table="messages",
        formula=formula,
        source=source,
        **more,  # type: ignore[arg-type]
    )


METRICS: tuple[Metric, ...] = (
    _metric(
        "messages", "Messages", Count(of=MESSAGE), "Messages of both directions, without spam.", "features.md O5, O6",
    ),
    _metric(
        "messages_sent", "Messages sent", Count(of=SENT),
        "Outgoing messages created in the period, any delivery status; without those that wait for a later time. One "
        "message with several pictures or segments is one.",
        "features.md O5, F46",
    ),
    _metric(
        "messages_received", "Messages received", Count(of=RECEIVED),
        "Incoming messages of the period; flagged spam is left out.", "features.md O6",
    ),
    _metric(
        "messages_scheduled", "Messages scheduled", Count(of=SCHEDULED),
        "Outgoing messages that wait for the time ordered.", "features.md F46",
    ),
    _metric(
        "messages_delivered", "Messages delivered", Count(of=_DELIVERED),
        "Outgoing messages with a positive receipt.", "features.md O42", better="higher",
    ),
    _metric(
        "messages_undelivered", "Messages undelivered", Count(of=Flag(column="is_undelivered")),
        "Outgoing messages that failed.", "features.md O43", better="lower",
    ),
    _metric(
        "messages_unknown", "Messages without receipt", Count(of=Flag(column="is_pending")),
        "Outgoing messages with neither a positive nor a negative receipt.",
        "metrics.md Text delivery rate; features.md O43",
    ),
    _metric(
        "delivery_rate", "Text delivery rate", Share(part=_DELIVERED, whole=_RECEIPT),
        "Messages delivered, of messages with a receipt; those without one are listed apart.",
        "metrics.md Text delivery rate", better="higher",
        numerator="delivered", denominator="delivered + undelivered",
    ),
    _metric(
        "spam_messages", "Spam messages", Count(of=both(Flag(column="is_message"), Flag(column="is_spam"))),
        "Incoming messages from the spam list, or flagged by the provider; in no other metric.", "features.md O6",
    ),
    _metric(
        "bulk_messages", "Mass sends and auto-replies", Count(of=Flag(column="is_bulk")),
        "Outgoing messages that no person wrote one by one.", "metrics.md Response time of texts",
    ),
    _metric(
        "segments", "SMS segments", Total(of="segments", where=MESSAGE),
        "Segments that messages were cut into, where the provider tells them; a cost figure.", "features.md O5",
    ),
)  # fmt: skip
