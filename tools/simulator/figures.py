"""What the summary and the heat map must say about a story: counted from the story's truth alone.

Written from the definitions in words (metrics.md), by the names that the dictionary of metrics has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, timedelta

from .deals import Fate, deals
from .history import History
from .people import ANONYMOUS
from .truth import Row, Truth

type Cell = tuple[int, int]


def summary(story: History, known: Truth) -> dict[str, float | None]:
    """Counts, seconds and shares of all calls and texts of the story; a share of nothing is None."""
    calls = [row for row in known.calls.values() if not row["is_spam"]]
    made = [row for row in calls if row["direction"] == "outbound"]
    received = [row for row in calls if row["direction"] == "inbound"]
    answered = [row for row in calls if row["outcome"] == "answered"]
    offered = [row for row in received if row["is_offered"]]
    short = _of(offered, "is_short_abandon")
    missed = _of(offered, "is_missed")
    served = [row for row in offered if row["outcome"] == "answered"]
    connected = [row for row in made if row["outcome"] == "answered"]
    aborted = [row for row in made if row["outcome"] == "outbound_aborted"]
    texts = list(known.messages.values())
    sent = [row for row in texts if row["direction"] == "outbound" and row["status"] != "pending"]
    delivered = [row for row in sent if row["status"] == "delivered"]
    failed = [row for row in sent if row["status"] == "undelivered"]
    return {
        "calls": len(calls),
        "calls_made": len(made),
        "calls_received": len(received),
        "calls_answered": len(answered),
        "talk_s": sum(int(row["talk_s"] or 0) for row in calls),
        "calls_offered": len(offered),
        "offered_answered": len(served),
        "calls_missed": len(missed),
        "short_abandons": len(short),
        "closed_hours_calls": len(_of(received, "is_closed_hours")),
        "ivr_abandons": len(_of(received, "is_ivr_abandon")),
        "missed_rate": _share(len(missed), len(offered) - len(short)),
        "answer_rate": _share(len(served), len(offered)),
        "service_level": _share(len(_of(served, "is_within_service")), len(offered) - len(short)),
        "connect_rate": _share(len(connected), len(made) - len(aborted)),
        "messages_received": sum(row["direction"] == "inbound" and not _spam(story, row) for row in texts),
        "messages_sent": len(sent),
        "delivery_rate": _share(len(delivered), len(delivered) + len(failed)),
        "unique_conversations": len(_conversations(story, known)),
        "cases": len(known.cases),
    }


def quotes(story: History) -> dict[str, float | None]:
    """What became of the quotes made in the story, and what they were about (features.md W29); amounts in cents."""
    made = deals(story)
    ordered = [deal for deal in made if deal.fate is Fate.ORDERED]
    return {
        "quotes": len(made),
        "orders": len(ordered),
        "lost_quotes": sum(deal.fate is Fate.LOST for deal in made),
        "open_quotes": sum(deal.fate is Fate.OPEN for deal in made),
        "conversion": _share(len(ordered), len(made)),
        "quoted_cents": sum(deal.cents for deal in made),
        "ordered_cents": sum(deal.cents for deal in ordered),
    }


def brands(story: History) -> Counter[str]:
    """Quotes of each brand; those without one under "" (features.md W30)."""
    return Counter(deal.brand for deal in deals(story))


def heat(story: History, known: Truth) -> Counter[Cell]:
    """Calls and texts, without spam, by local weekday (1 is Monday) and hour of their start (features.md O15)."""
    rows: list[Row] = [row for row in known.calls.values() if not row["is_spam"]]
    rows += [r for r in known.messages.values() if not _spam(story, r)]
    return Counter((date.fromisoformat(str(r["local_date"])).isoweekday(), int(r["local_hour"] or 0)) for r in rows)


def peaks(cells: Mapping[Cell, int], first: date, last: date, most: int = 3) -> list[Cell]:
    """The cells with the highest average for each time that their weekday occurs between the dates, both
    inclusive; of equals the earlier weekday and hour (features.md O16).
    """
    days = Counter((first + timedelta(days=n)).isoweekday() for n in range((last - first).days + 1))
    return sorted((c for c in cells if cells[c]), key=lambda c: (-cells[c] / days[c[0]], c))[:most]


def _of(rows: Collection[Row], flag: str) -> list[Row]:
    return [row for row in rows if row[flag]]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _spam(story: History, row: Row) -> bool:
    """A text from or to a number on the company's list."""
    return story.company.is_spam(str(row["remote_number"]))


def _conversations(story: History, known: Truth) -> set[tuple[str, frozenset[str]]]:
    """Pairs of our number and whoever is outside: one customer, or everybody in a group text (features.md O9).

    Withheld numbers, and those that no event names, are nobody's.
    """
    found = {
        (str(row["business_number"]), frozenset({str(row["remote_number"])}))
        for row in known.calls.values()
        if row["remote_number"] not in ("", ANONYMOUS) and not row["is_spam"]
    }
    for text in story.messages:
        people = frozenset({text.customer, *text.others})
        if text.others or not story.company.is_spam(text.customer):
            found.add((story.company.line(text.line).e164, people))
    return found
